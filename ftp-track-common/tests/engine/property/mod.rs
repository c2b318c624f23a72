//! Properties over generated input.

mod grammar;
mod inputs;
mod line;
mod policy;
mod script;
mod transcript;

use proptest::{strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};

/// `count` values of a strategy, the same in every run: to see what a generator reaches.
fn sample<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let mut value = || {
        let tree = strategy.new_tree(&mut runner).expect("a value");
        tree.current()
    };
    (0..count).map(|_| value()).collect()
}

/// How many per cent of the values are as wanted.
fn share<T>(values: &[T], wanted: impl Fn(&T) -> bool) -> usize {
    let count = values.iter().filter(|value| wanted(value)).count();
    count * 100 / values.len()
}
