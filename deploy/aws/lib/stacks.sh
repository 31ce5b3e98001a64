# shellcheck shell=bash
# CloudFormation: the stacks of an environment, their parameters and outputs. Sourced by deploy.
# shellcheck disable=SC2154 # here, environment, config and image are set by deploy

stack_name() { printf 'onboard-ai-%s-%s\n' "$environment" "$1"; }

# ask STACK QUERY: a value of describe-stacks; empty if the stack does not exist or has none.
ask() {
  local answer name
  name=$(stack_name "$1")
  if answer=$(aws cloudformation describe-stacks --stack-name "$name" --query "$2" --output text 2>&1); then
    [ "$answer" = None ] || printf '%s\n' "$answer"
  else
    case "$answer" in
    *"does not exist"*) ;;
    *) die "stack $name: $answer" ;;
    esac
  fi
}

status_of() { ask "$1" 'Stacks[0].StackStatus'; }
parameter_of() { ask "$1" "Stacks[0].Parameters[?ParameterKey=='$2'].ParameterValue | [0]"; }

wait_for() {
  say "$(stack_name "$2"): waiting"
  aws cloudformation wait "stack-$1-complete" --stack-name "$(stack_name "$2")" || true
}

# settle STACK: waits for an operation of an earlier run, and removes what a failed first creation left.
settle() {
  while :; do
    case "$(status_of "$1")" in
    CREATE_IN_PROGRESS) wait_for create "$1" ;;
    # This wait ends with ROLLBACK_COMPLETE; that for rollbacks is for updates only.
    ROLLBACK_IN_PROGRESS) wait_for create "$1" ;;
    UPDATE_ROLLBACK_IN_PROGRESS | UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS) wait_for rollback "$1" ;;
    UPDATE_IN_PROGRESS | UPDATE_COMPLETE_CLEANUP_IN_PROGRESS) wait_for update "$1" ;;
    DELETE_IN_PROGRESS) wait_for delete "$1" ;;
    CREATE_FAILED | ROLLBACK_COMPLETE | ROLLBACK_FAILED)
      say "$(stack_name "$1"): its creation failed earlier; deleting what is left"
      aws cloudformation delete-stack --stack-name "$(stack_name "$1")"
      wait_for delete "$1"
      [ -z "$(status_of "$1")" ] || die "$(stack_name "$1") cannot be deleted: see its events in CloudFormation"
      ;;
    UPDATE_ROLLBACK_FAILED)
      die "$(stack_name "$1") is in UPDATE_ROLLBACK_FAILED. Remove the cause, then" \
        "aws cloudformation continue-update-rollback --stack-name $(stack_name "$1")"
      ;;
    DELETE_FAILED) die "$(stack_name "$1") is in DELETE_FAILED: see its events in CloudFormation" ;;
    *) return ;;
    esac
  done
}

# Values for parameters: outputs of stacks, the brokers, and what the arguments say.
declare -A known=()

# learn STACK: its outputs.
learn() {
  local key value
  while read -r key value; do
    [ -z "$key" ] || known[$key]="$value"
  done < <(ask "$1" 'Stacks[0].Outputs[].[OutputKey,OutputValue]')
  case "$1" in
  kafka) learn_brokers ;;
  data) learn_secret_versions ;;
  esac
}

learn_brokers() {
  [ -n "${known[ClusterArn]:-}" ] || return 0
  known[Brokers]=$(aws kafka get-bootstrap-brokers --cluster-arn "${known[ClusterArn]}" \
    --query BootstrapBrokerStringSaslScram --output text)
}

# secret_version STAGE FIELD: a field of the version of the program's secret, not its value; None if there is none.
secret_version() {
  aws secretsmanager list-secret-version-ids --secret-id "${known[SecretArn]}" --output text \
    --query "Versions[?contains(VersionStages, '$1')].$2 | [0]"
}

# Tasks read the secret at start, so a new version must replace them.
learn_secret_versions() {
  [ -n "${known[SecretArn]:-}" ] || return 0
  known[SecretVersion]=$(secret_version AWSCURRENT VersionId)
  known[PreviousSecret]=no
  [ "$(secret_version AWSPREVIOUS VersionId)" = None ] || known[PreviousSecret]=yes
}

# parameters_in TEMPLATE: the names of its parameters.
parameters_in() { sed -nE '/^Parameters:/,/^[A-Z][a-z]*:$/{/^Parameters:/!s/^  ([A-Za-z0-9]+):.*/\1/p}' "$1"; }

# overrides STACK: `Name=value` for each parameter that is known, one a line; the configuration file wins.
overrides() {
  local parameter
  parameters_in "$here/$1.yaml" | while read -r parameter; do
    [ -z "${known[$parameter]:-}" ] || printf '%s=%s\n' "$parameter" "${known[$parameter]}"
  done
  sed -nE "s/^$1\.([A-Za-z0-9]+=.*)$/\1/p" "$config"
}

check_configuration() {
  local line stack name
  [ -f "$config" ] || die "no file $config: copy $here/environments/example.conf, and edit it"
  while IFS= read -r line; do
    case "$line" in '' | '#'*) continue ;; esac
    stack="${line%%.*}" name="${line#*.}" name="${name%%=*}"
    if ! [[ "$line" =~ ^[a-z]+\.[A-Za-z0-9]+=. ]] || ! [ -f "$here/$stack.yaml" ] ||
      ! parameters_in "$here/$stack.yaml" | grep -qx "$name"; then
      die "$config: '$line' names no parameter; lines are STACK.Parameter=value"
    fi
  done <"$config"
}

# change STACK ARGUMENT...: aws cloudformation deploy.
change() {
  local stack="$1" values
  shift
  mapfile -t values < <(overrides "$stack")
  aws cloudformation deploy --stack-name "$(stack_name "$stack")" --template-file "$here/$stack.yaml" \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --tags "onboard-ai=$environment" \
    --parameter-overrides "${values[@]}" "$@"
}

# Data and brokers must not be replaced by an update, nor deleted by mistake.
protect() {
  aws cloudformation update-termination-protection --enable-termination-protection \
    --stack-name "$(stack_name "$1")" >/dev/null
  aws cloudformation set-stack-policy --stack-name "$(stack_name "$1")" --stack-policy-body '{"Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
    {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": "*"}]}'
}

deploy_stack() {
  settle "$1"
  say "$(stack_name "$1"): deploying"
  change "$1" >&2 || die "$(stack_name "$1") was not deployed: see its events in CloudFormation, then run this again"
  case "$1" in data | kafka) protect "$1" ;; esac
}
