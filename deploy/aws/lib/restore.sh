# shellcheck shell=bash
# Returns to the tables of an earlier time. DynamoDB restores into new tables, so the program gets tables of another
# name, and the present ones stay as they are. Sourced by deploy.
# shellcheck disable=SC2154 # known, target, confirmed, config and environment are set elsewhere

restored_tables=(users applications ai-results kyc-results policy-recommendations kafka-events audit-logs error-logs
  cases staff)

# next_suffix SUFFIX: prod, prod-r1, prod-r2...
next_suffix() {
  if [[ "$1" =~ ^(.*)-r([0-9]+)$ ]]; then
    printf '%s-r%d\n' "${BASH_REMATCH[1]}" "$((BASH_REMATCH[2] + 1))"
  else
    printf '%s-r1\n' "$1"
  fi
}

table_status() {
  aws dynamodb describe-table --table-name "$1" --query Table.TableStatus --output text 2>/dev/null || true
}

# start_restore SOURCE TARGET: unless an earlier run did.
start_restore() {
  [ -z "$(table_status "$2")" ] || return 0
  say "$2: restoring $1 to $target"
  aws dynamodb restore-table-to-point-in-time --source-table-name "$1" --target-table-name "$2" \
    --restore-date-time "$target" --query TableDescription.TableStatus --output text \
    --sse-specification-override "Enabled=true,SSEType=KMS,KMSMasterKeyId=${known[KeyArn]}" >/dev/null
}

# Open sockets are not restored: browsers open new ones.
create_connections() {
  [ -z "$(table_status "$1")" ] || return 0
  say "$1: creating"
  aws dynamodb create-table --table-name "$1" --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=customerId,AttributeType=S AttributeName=connectionId,AttributeType=S \
    --key-schema AttributeName=customerId,KeyType=HASH AttributeName=connectionId,KeyType=RANGE \
    --sse-specification "Enabled=true,SSEType=KMS,KMSMasterKeyId=${known[KeyArn]}" \
    --query TableDescription.TableStatus --output text >/dev/null
}

# complete TABLE: waits for it, and sets what a restore does not bring along.
complete() {
  until [ "$(table_status "$1")" = ACTIVE ]; do
    say "$1: waiting"
    aws dynamodb wait table-exists --table-name "$1" || true
  done
  aws dynamodb update-continuous-backups --table-name "$1" --output text \
    --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true >/dev/null
  aws dynamodb update-table --table-name "$1" --deletion-protection-enabled --output text >/dev/null
  aws dynamodb tag-resource --resource-arn "${known[TablesArn]}/$1" --tags \
    "Key=onboard-ai,Value=$environment" "Key=onboard-ai-restored-to,Value=$target"
  case "$1" in websocket-connections-*)
    [ "$(aws dynamodb describe-time-to-live --table-name "$1" --output text \
      --query TimeToLiveDescription.TimeToLiveStatus)" = ENABLED ] ||
      aws dynamodb update-time-to-live --table-name "$1" --output text \
        --time-to-live-specification Enabled=true,AttributeName=expiresAt >/dev/null
    ;;
  esac
}

# restored_to TABLE: the time that an earlier run restored it to; empty if none did.
restored_to() {
  aws dynamodb list-tags-of-resource --resource-arn "${known[TablesArn]}/$1" --output text \
    --query "Tags[?Key=='onboard-ai-restored-to'].Value | [0]" | sed 's/^None$//'
}

restore() {
  local before after table
  [[ "$target" =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$ ]] || die "--to TIME: for instance 2026-11-21T11:00:00Z"
  [ "$confirmed" = "$environment" ] || die "stops all services of $environment, and makes everything since $target" \
    "invisible: add --yes $environment"
  [ -n "$(status_of app)" ] || die "the app stack of $environment does not exist"
  learn network
  learn data
  learn kafka
  before=$(parameter_of app Tables)
  # An earlier run may have ended after the change of the tables.
  if [ "$(restored_to "kafka-events-$before")" = "$target" ]; then
    after="$before"
    say "the program has the tables *-$after already: continuing"
  else
    after=$(next_suffix "$before")
    say "stopping all services"
    known[Tables]="$before" known[Running]=no
    choose_image
    deploy_stack app
    for table in "${restored_tables[@]}"; do start_restore "$table-$before" "$table-$after"; done
    create_connections "websocket-connections-$after"
    for table in "${restored_tables[@]}" websocket-connections; do complete "$table-$after"; done
  fi
  known[Tables]="$after" known[Running]=no
  choose_image
  deploy_stack app
  learn app
  run_task ToolTask tool tables describe || die "the restored tables are not as the program expects"
  run_task ToolTask tool topics create --replication 3 || die "the topics could not be created"
  run_task ToolTask tool check --audit ||
    die "the restored tables do not agree (see above). Nothing runs. Decide, then" \
      "start with \`$0 $environment\`, and publish with \`$0 $environment run -- events republish --unhandled\`"
  run_task ToolTask tool events republish --unhandled || die "events could not be published again: run this again"
  deploy_app
  say "The program has the tables *-$after. Those before are unchanged: *-$before"
}
