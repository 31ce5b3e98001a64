# shellcheck shell=bash
# New secrets without a pause. Values go from AWS's generator into Secrets Manager through a pipe: no argument, no file
# and no line of output contains one. Sourced by deploy.
# shellcheck disable=SC2034,SC2154 # known, forced, only and environment are set and used elsewhere

# For how many days documents may still be encrypted under the previous secret: documents.keep_undecided_days.
readonly secret_days=90

generated() {
  aws secretsmanager get-random-password --password-length "$1" --exclude-punctuation --output text \
    --query RandomPassword
}

# put_secret ARN: stores standard input as the new version, and the present one as the previous one.
put_secret() {
  aws secretsmanager put-secret-value --secret-id "$1" --secret-string file:///dev/stdin --query VersionId \
    --output text >/dev/null
}

app_exists() { [ -n "$(status_of app)" ] || die "the app stack of $environment does not exist"; }

# Sessions are signed and documents encrypted under the new secret. The previous one decrypts earlier documents. There
# is one previous version only, so a further rotation must wait until no document needs the one before.
rotate_secret() {
  local since days
  app_exists
  learn data
  if [ "$(parameter_of app SecretVersion)" != "${known[SecretVersion]}" ]; then
    say "the secret has a new version already, which the tasks do not use yet: continuing"
  else
    since=$(secret_version AWSCURRENT CreatedDate)
    # Version 1 of the command line prints seconds since 1970.
    case "$since" in *-*) since=$(date --date="$since" +%s) ;; esac
    days=$((($(date +%s) - ${since%.*}) / 86400))
    if [ "${known[PreviousSecret]}" = yes ] && [ "$days" -lt "$secret_days" ] && [ -z "$forced" ]; then
      die "the secret was changed $days days ago: documents under the one before could no longer be decrypted." \
        "Wait until $secret_days days have passed (documents.keep_undecided_days), or add --force"
    fi
    printf '%s' "$(generated 64)" | put_secret "${known[SecretArn]}"
  fi
  only=app
  deploy_all
  say "The secret is changed. Keep a copy of it where you kept the one before."
}

# Kafka has two users, a and b. The one that is not in use gets a new password and is tried; then the services change.
rotate_kafka() {
  local present other name=onboard-ai output
  app_exists
  learn data
  learn app
  present=$(parameter_of app KafkaUser)
  case "$present" in
  b) other=a output=KafkaUserArn ;;
  *) other=b output=KafkaUserBArn name=onboard-ai-b ;;
  esac
  only=app
  if [ "$(parameter_of app ToolKafkaUser)" = "$other" ]; then
    say "the commands are user $other already: continuing"
  else
    printf '{"username":"%s","password":"%s"}' "$name" "$(generated 40)" | put_secret "${known[$output]}"
    known[ToolKafkaUser]="$other"
    deploy_all
  fi
  # MSK takes the new password some minutes later.
  until run_task ToolTask tool topics describe; do
    attempts=$((${attempts:-0} + 1))
    [ "$attempts" -lt "${ROTATE_ATTEMPTS:-20}" ] ||
      die "Kafka does not accept user $other. The services still are user $present; run this again later"
    sleep "${ROTATE_PAUSE:-30}"
  done
  known[KafkaUser]="$other"
  deploy_all
  say "The services are user $other of Kafka. The password of user $present is no longer used; it changes next time."
}
