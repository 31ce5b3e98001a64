# shellcheck shell=bash
# The program as a one-off task, and what the tasks get. Sourced by deploy.
# shellcheck disable=SC2154 # known is in lib/stacks.sh

json_list() {
  local item separator=''
  printf '['
  for item in "$@"; do
    item="${item//\\/\\\\}"
    printf '%s"%s"' "$separator" "${item//\"/\\\"}"
    separator=,
  done
  printf ']'
}

# print_config ROLE: the settings of its tasks, as a file for a shell; where secrets come from, and not their values.
print_config() {
  local family name value
  family="onboard-ai-$environment-$1"
  aws ecs describe-task-definition --task-definition "$family" --output text \
    --query "taskDefinition.containerDefinitions[0].environment[].[name,value]" >/dev/null ||
    die "the tasks $family do not exist: one of web, relay, consumers, reader, tool"
  echo "# The settings of $family."
  while IFS=$'\t' read -r name value; do
    [ "$name" = SECRET_VERSION ] || printf '%s=%q\n' "$name" "$value"
  done < <(aws ecs describe-task-definition --task-definition "$family" --output text \
    --query "sort_by(taskDefinition.containerDefinitions[0].environment, &name)[].[name,value]")
  while IFS=$'\t' read -r name value; do
    [ -z "$name" ] || printf '# %s is in %s\n' "$name" "$value"
  done < <(aws ecs describe-task-definition --task-definition "$family" --output text \
    --query "taskDefinition.containerDefinitions[0].secrets[].[name,valueFrom]")
}

# run_task OUTPUT CONTAINER [WORD...]: runs a task of the app stack, prints its log, and returns its exit code.
run_task() {
  local definition="${known[$1]:-}" container="$2" overridden='{}' task code network
  shift 2
  [ -n "$definition" ] || die "the app stack of $environment does not exist"
  [ $# = 0 ] || overridden="{\"containerOverrides\":[{\"name\":\"$container\",\"command\":$(json_list "$@")}]}"
  network="subnets=[${known[TaskSubnets]}],securityGroups=[${known[TaskGroups]}],assignPublicIp=DISABLED"
  task=$(aws ecs run-task --cluster "${known[Cluster]}" --task-definition "$definition" --launch-type FARGATE \
    --overrides "$overridden" --query 'tasks[0].taskArn' --output text \
    --network-configuration "awsvpcConfiguration={$network}")
  [ "$task" != None ] || die "ECS did not start the task $container"
  say "task ${task##*/}: waiting"
  aws ecs wait tasks-stopped --cluster "${known[Cluster]}" --tasks "$task"
  aws logs get-log-events --log-group-name "${known[LogGroup]}" --start-from-head --output text \
    --log-stream-name "$container/$container/${task##*/}" --query 'events[].[message]' || true
  code=$(aws ecs describe-tasks --cluster "${known[Cluster]}" --tasks "$task" --output text \
    --query "tasks[0].containers[?name=='$container'].exitCode | [0]")
  [ "$code" != None ] || die "the task $container did not start: aws ecs describe-tasks --tasks $task"
  return "$code"
}
