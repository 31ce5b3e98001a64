//! SIGKILL between effect and offset: what was done is not done again.

use server::store::Table;

use super::support::{Behind, Person, Process, TestStack, expect_all_handled, assert_effects_once, eventually, uncommitted};

/// The program on `stack`, always under the same name in its groups.
async fn program(stack: &TestStack) -> Process {
    let mut environment = stack.environment();
    environment.push(("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one".to_owned()));
    Process::start(&stack.data("program"), &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_effect_and_offset() {
    let stack = TestStack::start().await;
    let behind = Behind::of(&stack).await;
    let mut events = 0;
    let mut caught = false;
    // Offsets are committed every second: killed right after the effect, they are behind. Should the machine have been
    // slower than that, it is tried again.
    for _ in 0..5 {
        let program = program(&stack).await;
        let ingrid = Person::known(program.base.clone()).await;
        events += 1;
        eventually("handled", async || {
            let rows = behind.rows(Table::KafkaEvents).await;
            let own =
                rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &ingrid.customer().to_string())?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
        program.kill().await;
        if uncommitted(&behind.kafka).await > 0 {
            caught = true;
            break;
        }
    }
    assert!(caught, "never killed before the offsets were committed");

    let program = program(&stack).await;
    eventually("handled again, and committed", async || (uncommitted(&behind.kafka).await == 0).then_some(())).await;
    expect_all_handled(&behind, events).await;
    assert_effects_once(&behind).await;
    program.kill().await;
}
