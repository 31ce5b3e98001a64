//! SIGKILL between an effect and the commit of its offset: the effect is not repeated.

use server::store::Table;

use super::support::{
    Behind, Person, Process, TestStack, assert_effects_once, eventually, expect_all_handled, uncommitted,
};

/// Starts a server on `stack` with a fixed group instance id.
async fn program(stack: &TestStack) -> Process {
    let mut environment = stack.environment();
    environment.push(("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one".to_owned()));
    Process::start(&stack.data("program"), &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn effect_happens_once_after_a_kill_before_its_offset_is_committed() {
    let stack = TestStack::start().await;
    let behind = Behind::of(&stack).await;
    let mut events = 0;
    let mut uncommitted_offset = false;
    // Offsets are committed every second, so a kill right after the effect comes before the commit. A slow machine may
    // need several tries.
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
            uncommitted_offset = true;
            break;
        }
    }
    assert!(uncommitted_offset, "never killed before the offsets were committed");

    let program = program(&stack).await;
    eventually("offsets committed", async || (uncommitted(&behind.kafka).await == 0).then_some(())).await;
    expect_all_handled(&behind, events).await;
    assert_effects_once(&behind).await;
    program.kill().await;
}
