# shellcheck shell=bash
# Deploys, plans and deletes the stacks in their order. Sourced by deploy.
# shellcheck disable=SC2154 # only, image, confirmed and environment are set by deploy

# Which image the app stack gets: the argument, or the one that it has.
choose_image() {
  local present
  present=$(parameter_of app Image)
  known[Image]="${image:-$present}"
  # The stack itself remembers it, so that a failed update does not count.
  if [ -n "$present" ] && [ "$present" != "${known[Image]}" ]; then known[PreviousImage]="$present"; fi
  known[Tables]="${known[Tables]:-$(parameter_of app Tables)}"
  known[Tables]="${known[Tables]:-$environment}"
  [ -n "${known[Image]}" ] || die "no image yet. Build it, push it to the repository, and run this again:
  aws ecr get-login-password | docker login --username AWS --password-stdin ${known[Repository]:-REPOSITORY}
  docker build -t ${known[Repository]:-REPOSITORY}:VERSION .
  docker push ${known[Repository]:-REPOSITORY}:VERSION
  $0 $environment --image ${known[Repository]:-REPOSITORY}:VERSION"
}

# The app stack with the image before the present one. A second rollback returns to the present one.
rollback() {
  image=$(parameter_of app PreviousImage)
  case "$image" in '' | none) die "the app stack of $environment knows no earlier image: name it with --image" ;; esac
  say "returning to $image"
  only=app
  deploy_all
}

# At first the services have no tasks, until the sanctions lists, tables and topics are there.
deploy_app() {
  choose_image
  settle app
  if [ "$(parameter_of app Running)" != yes ]; then
    known[Running]=no
    deploy_stack app
    learn app
    run_task ListsTask lists || die "the sanctions lists could not be downloaded"
    run_task ToolTask tool tables describe || die "the tables are not as the program expects"
    run_task ToolTask tool topics create --replication 3 || die "the topics could not be created"
  fi
  known[Running]=yes
  deploy_stack app
  learn app
  say "Done. $(parameter_of app DomainName) must point to ${known[BalancerName]:-the load balancer} (CNAME or alias)."
}

deploy_all() {
  local stack
  for stack in "${stacks[@]}"; do
    if [ -z "$only" ] || [ "$only" = "$stack" ]; then
      case "$stack" in
      app) deploy_app ;;
      *) deploy_stack "$stack" ;;
      esac
    fi
    learn "$stack"
  done
}

# A change set is made, printed and deleted.
plan_stack() {
  local name status made set
  name=$(stack_name "$1") status=$(status_of "$1")
  made=$(change "$1" --no-execute-changeset) || die "$name: no plan"
  set=$(grep -o 'arn:[^ ]*changeSet/[^ ]*' <<<"$made" | head -n1) || true
  if [ -z "$set" ]; then
    echo "$name: no changes"
    return
  fi
  echo "$name:"
  aws cloudformation describe-change-set --change-set-name "$set" --stack-name "$name" --output text --query \
    'Changes[].ResourceChange.[Action,Replacement,ResourceType,LogicalResourceId]' | sed 's/^/  /'
  aws cloudformation delete-change-set --change-set-name "$set" --stack-name "$name"
  # A change set of a new stack leaves an empty one.
  if [ -z "$status" ]; then aws cloudformation delete-stack --stack-name "$name"; fi
}

plan_all() {
  local stack before=''
  for stack in "${stacks[@]}"; do
    if [ -z "$only" ] || [ "$only" = "$stack" ]; then
      if [ "$stack" = app ]; then
        known[Image]="${image:-$(parameter_of app Image)}" known[Running]=yes
        known[Tables]=$(parameter_of app Tables)
        known[Tables]="${known[Tables]:-$environment}"
      fi
      # Without the outputs of earlier stacks there is nothing to compare with.
      if [ "$stack" != data ] && [ -n "$before" ]; then
        echo "$(stack_name "$stack"): not planned, because $(stack_name "$before") does not exist yet"
      elif [ "$stack" = app ] && [ -z "${known[Image]}" ]; then
        echo "$(stack_name "$stack"): not planned without --image"
      else
        plan_stack "$stack"
      fi
    fi
    [ -n "$(status_of "$stack")" ] || before="${before:-$stack}"
    learn "$stack"
  done
}

destroy() {
  local stack
  [ "$confirmed" = "$environment" ] || die "deletes the services, brokers and network of $environment, and with the" \
    "brokers every event that is not handled: check \`run -- outbox\` and \`run -- lag\` first, then add" \
    "--yes $environment"
  for stack in watch app kafka network; do
    settle "$stack"
    [ -n "$(status_of "$stack")" ] || continue
    say "$(stack_name "$stack"): deleting"
    aws cloudformation update-termination-protection --no-enable-termination-protection \
      --stack-name "$(stack_name "$stack")" >/dev/null
    aws cloudformation delete-stack --stack-name "$(stack_name "$stack")"
    wait_for delete "$stack"
    [ -z "$(status_of "$stack")" ] || die "$(stack_name "$stack") was not deleted: see its events in CloudFormation"
  done
  say "$(stack_name data) stays: tables, documents, keys and secrets."
}
