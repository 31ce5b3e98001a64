#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn message(partition: i32, offset: i64, key: &str) -> Delivered {
    Delivered { partition, offset, key: Some(key.as_bytes().to_vec()), payload: None, timestamp: None }
}

fn offsets(scheduler: &mut Scheduler, now: Instant) -> Vec<i64> {
    std::iter::from_fn(|| scheduler.next(now)).map(|job| job.message.offset).collect()
}

#[test]
fn messages_of_one_key_run_in_order_and_other_keys_concurrently() {
    let now = Instant::now();
    let mut scheduler = Scheduler::new(8);
    scheduler.push(message(0, 1, "a"));
    scheduler.push(message(0, 2, "a"));
    scheduler.push(message(0, 3, "b"));
    let first = scheduler.next(now).unwrap();
    assert_eq!(first.message.offset, 1);
    assert_eq!(offsets(&mut scheduler, now), [3]);
    assert_eq!(scheduler.finish(&first.lane).unwrap().message.offset, 1);
    assert_eq!(offsets(&mut scheduler, now), [2]);
}

#[test]
fn concurrent_jobs_are_limited() {
    let now = Instant::now();
    let mut scheduler = Scheduler::new(2);
    for (offset, key) in ["a", "b", "c"].into_iter().enumerate() {
        scheduler.push(message(0, i64::try_from(offset).unwrap(), key));
    }
    let first = scheduler.next(now).unwrap();
    assert!(scheduler.next(now).is_some());
    assert!(scheduler.next(now).is_none());
    scheduler.finish(&first.lane);
    assert_eq!(offsets(&mut scheduler, now), [2]);
}

#[test]
fn failed_key_waits_without_using_the_limit() {
    let now = Instant::now();
    let later = now + Duration::from_secs(5);
    let mut scheduler = Scheduler::new(1);
    scheduler.push(message(0, 1, "a"));
    scheduler.push(message(0, 2, "a"));
    scheduler.push(message(0, 3, "b"));
    let job = scheduler.next(now).unwrap();
    scheduler.retry(&job.lane, later, true);
    assert_eq!(scheduler.next_due(), Some(later));
    let other = scheduler.next(now).unwrap();
    assert_eq!(other.message.offset, 3);
    scheduler.finish(&other.lane);
    assert!(scheduler.next(now).is_none());
    let again = scheduler.next(later).unwrap();
    assert_eq!((again.message.offset, again.tried, again.failed), (1, 1, 1));
}

#[test]
fn message_is_parked_before_its_key_continues() {
    let now = Instant::now();
    let mut scheduler = Scheduler::new(4);
    scheduler.push(message(0, 1, "a"));
    scheduler.push(message(0, 2, "a"));
    let job = scheduler.next(now).unwrap();
    scheduler.park(&job.lane, "unreadable".to_owned());
    let parking = scheduler.next(now).unwrap();
    assert_eq!((parking.message.offset, parking.step), (1, Step::Park("unreadable".to_owned())));
    scheduler.finish(&parking.lane);
    let next = scheduler.next(now).unwrap();
    assert_eq!((next.message.offset, next.step, next.tried), (2, Step::Handle, 0));
}

#[test]
fn revoked_partition_keeps_only_jobs_in_flight() {
    let now = Instant::now();
    let mut scheduler = Scheduler::new(4);
    scheduler.push(message(0, 1, "a"));
    scheduler.push(message(0, 2, "a"));
    scheduler.push(message(0, 3, "b"));
    scheduler.push(message(1, 7, "c"));
    let job = scheduler.next(now).unwrap();
    assert_eq!(scheduler.drop_waiting(0).len(), 2);
    assert_eq!((scheduler.running(0), scheduler.running(1)), (1, 0));
    assert_eq!(offsets(&mut scheduler, now), [7]);
    assert_eq!(scheduler.finish(&job.lane).unwrap().message.offset, 1);
    assert_eq!(scheduler.running(0), 0);
}

#[test]
fn orphaned_job_blocks_its_key_and_does_not_count_when_retried() {
    let now = Instant::now();
    let mut scheduler = Scheduler::new(4);
    scheduler.push(message(0, 1, "a"));
    let job = scheduler.next(now).unwrap();
    scheduler.drop_waiting(0);
    scheduler.orphan(0);
    // The partition is assigned again, and the message is delivered again.
    scheduler.push(message(0, 1, "a"));
    assert!(scheduler.next(now).is_none());
    assert!(!scheduler.retry(&job.lane, now, true).unwrap().counts);
    let again = scheduler.next(now).unwrap();
    assert_eq!((again.message.offset, again.tried), (1, 0));
    assert!(scheduler.finish(&again.lane).unwrap().counts);
}

#[test]
fn orphaned_job_does_not_count_when_finished() {
    let mut scheduler = Scheduler::new(4);
    scheduler.push(message(0, 1, "a"));
    let job = scheduler.next(Instant::now()).unwrap();
    scheduler.orphan(0);
    assert!(!scheduler.finish(&job.lane).unwrap().counts);
}

proptest! {
    /// With any mix of arrivals, successes, failures and parkings, each key finishes all its messages in order, one at
    /// a time, within the limit.
    #[test]
    fn each_key_finishes_all_messages_in_order(
        arrivals in prop::collection::vec(0u8..5, 1..80),
        outcomes in prop::collection::vec(0u8..4, 1..200),
        limit in 1usize..5,
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut scheduler = Scheduler::new(limit);
        let mut done: HashMap<Vec<u8>, Vec<i64>> = HashMap::new();
        let mut expected: HashMap<Vec<u8>, Vec<i64>> = HashMap::new();
        let mut in_flight: Vec<Job> = Vec::new();
        let mut outcomes = outcomes.into_iter();
        let mut arrivals = arrivals.into_iter().enumerate();
        loop {
            let arrived = arrivals.next().map(|(offset, key)| {
                let offset = i64::try_from(offset).unwrap();
                expected.entry(vec![key]).or_default().push(offset);
                let key = Some(vec![key]);
                scheduler.push(Delivered { partition: 0, offset, key, payload: None, timestamp: None });
            });
            while let Some(job) = scheduler.next(now) {
                prop_assert!(in_flight.iter().all(|other| other.lane != job.lane), "two jobs of one key in flight");
                in_flight.push(job);
            }
            prop_assert!(in_flight.len() <= limit);
            prop_assert_eq!(scheduler.running(0), in_flight.len());
            if in_flight.is_empty() {
                match scheduler.next_due() {
                    Some(due) => now = due,
                    None if arrived.is_none() => break,
                    None => {}
                }
                continue;
            }
            let job = in_flight.remove(0);
            match outcomes.next() {
                Some(0) => prop_assert_eq!(scheduler.retry(&job.lane, now + Duration::from_millis(3), true), None),
                Some(1) if job.step == Step::Handle => {
                    prop_assert_eq!(scheduler.park(&job.lane, String::new()), None);
                }
                _ => {
                    let finished = scheduler.finish(&job.lane).expect("in flight").message;
                    done.entry(finished.key.clone().unwrap()).or_default().push(finished.offset);
                }
            }
            now += Duration::from_millis(1);
        }
        prop_assert_eq!(done, expected);
    }
}

#[test]
fn attempt_that_met_an_unavailable_dependency_is_not_a_failure() {
    let mut scheduler = Scheduler::new(1);
    let now = Instant::now();
    scheduler.push(message(0, 1, "a"));
    for _ in 0..20 {
        let job = scheduler.next(now).unwrap();
        assert_eq!(job.failed, 0);
        scheduler.retry(&job.lane, now, false);
    }
    let job = scheduler.next(now).unwrap();
    assert_eq!((job.tried, job.failed), (20, 0));
}
