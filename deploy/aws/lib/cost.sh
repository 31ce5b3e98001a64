# shellcheck shell=bash
# The costs of a month by the parameters of an environment and the prices in prices.conf. Asks nothing of AWS. Sourced
# by deploy.
# shellcheck disable=SC2154 # here and config are set by deploy

# value STACK PARAMETER: from the configuration, or the template's default.
value() {
  local found
  found=$(sed -nE "s/^$1\.$2=(.*)$/\1/p" "$config" | tail -n1)
  [ -n "$found" ] || found=$(sed -nE "/^  $2:/{s/.*Default: \"?([^,\" }]+).*/\1/p;t;n;:a;/^    Default:/{
    s/^    Default: \"?([^\"]*)\"?$/\1/p;q};n;/^  [A-Z]/q;ba}" "$here/$1.yaml" | head -n1)
  [ -n "$found" ] || die "$here/$1.yaml: the parameter $2 has no default"
  printf '%s\n' "$found"
}

cost() {
  local broker
  broker=$(value kafka BrokerType)
  awk -v broker="$broker" -v gib="$(value kafka BrokerStorageGiB)" -v web="$(value app WebCount)" \
    -v relay="$(value app RelayCount)" -v consumers="$(value app ConsumersCount)" \
    -v reader="$(value app ReaderCount)" -v alarms="$(grep -c 'Type: AWS::CloudWatch::Alarm' "$here/watch.yaml")" '
    /^[#]/ || !NF { next }
    { split($0, pair, "="); price[pair[1]] = pair[2] }
    function line(what, amount) { printf "%-58s %9.2f\n", what, amount; total += amount }
    function tasks(name, count, vcpu, gb) {
      line(sprintf("Fargate, %d x %s (%s vCPU, %s GB)", count, name, vcpu, gb),
        count * price["hours"] * (vcpu * price["fargate_vcpu_hour"] + gb * price["fargate_gb_hour"]))
    }
    END {
      if (!(("broker_hour_" broker) in price)) {
        print "prices.conf has no broker_hour_" broker > "/dev/stderr"
        exit 1
      }
      printf "Prices of %s, %s, in USD a month\n\n", price["day"], price["region"]
      line(sprintf("Kafka, 3 x %s", broker), 3 * price["hours"] * price["broker_hour_" broker])
      line(sprintf("Kafka, 3 x %d GiB", gib), 3 * gib * price["broker_gib_month"])
      tasks("web", web, 0.5, 1)
      tasks("relay", relay, 0.25, 0.5)
      tasks("consumers", consumers, 0.5, 1)
      tasks("reader", reader, 2, 4)
      line("Load balancer, without traffic", price["hours"] * price["balancer_hour"])
      line("NAT gateway, without traffic", price["hours"] * price["nat_hour"])
      line(sprintf("DynamoDB, questions of %d relays", relay), relay * price["relay_reads_month"] * price["read_unit"])
      line("Key and 3 secrets", price["key_month"] + 3 * price["secret_month"])
      line(sprintf("%d alarms", alarms), alarms * price["alarm_month"])
      printf "%-58s %9.2f\n\n", "Always", total
      print "and by use:"
      printf "  %.3f for an open page for a whole month\n", price["socket_writes_month"] * price["write_unit"] + \
        price["socket_writes_month"] * price["read_unit"]
      printf "  %.2f for a GiB of tables, backups included\n", price["table_gib_month"] + price["pitr_gib_month"]
      printf "  %.2f for a GiB of logs, %.3f for a GiB through the NAT gateway\n", price["logs_gib"], price["nat_gib"]
    }' "$here/prices.conf"
}
