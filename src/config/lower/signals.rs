//! `[signals]`, ready: what each weighs and from which sum on a message is urgent or low; and points wherever they stand.

use super::bench::Bench;
use crate::config::fault::meant;
use crate::config::file::signals::{Signals as Written, Thresholds as WrittenThresholds};
use crate::config::reader::{At, shortened};
use crate::model::signal::{Points, Signal};
use crate::urgency::scale::{Scale, Thresholds};

/// Makes the scale ready; `Some(None)`: the signals are switched off.
pub fn scale(bench: &mut Bench<'_>, written: &Written) -> Option<Option<Scale>> {
    let mut scale = Scale::default();
    let mail = thresholds(bench, written.mail.as_ref(), scale.mail);
    let chat = thresholds(bench, written.chat.as_ref(), scale.chat);
    let mut right = true;
    for (name, number) in &written.weights {
        let signal = signal(bench, "[signals.weights]: ", name);
        let weight = points(bench, "[signals.weights]: ", (&name.value, number));
        right &= signal.is_some() && weight.is_some();
        scale.weights.extend(signal.zip(weight));
    }
    if written.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
        warn_of_idle(bench, written);
        return right.then_some(None).filter(|_| mail.is_some() && chat.is_some());
    }
    (scale.mail, scale.chat) = (mail?, chat?);
    right.then_some(Some(scale))
}

fn warn_of_idle(bench: &mut Bench<'_>, written: &Written) {
    let thresholds = [&written.mail, &written.chat].into_iter().flatten();
    let tables = thresholds.map(|table| (table.offset, table.prefix.trim_end_matches(": ")));
    let weights = written.weights.first().map(|(name, _)| (name.offset, "[signals.weights]"));
    for (offset, table) in tables.chain(weights) {
        let text = format!("{table} has no effect beside enabled = false; remove one of the two");
        bench.faults.warn(offset, text);
    }
}

fn thresholds(bench: &mut Bench<'_>, written: Option<&WrittenThresholds>, shipped: Thresholds) -> Option<Thresholds> {
    let Some(written) = written else { return Some(shipped) };
    let mut read = |key, number: &Option<At<String>>, shipped| match number {
        Some(number) => points(bench, &written.prefix, (key, number)),
        None => Some(shipped),
    };
    let urgent_at = read("urgent_at", &written.urgent_at, shipped.urgent_at);
    let low_at = read("low_at", &written.low_at, shipped.low_at);
    let (urgent_at, low_at) = (urgent_at?, low_at?);
    if low_at < urgent_at {
        return Some(Thresholds { urgent_at, low_at });
    }
    let offset = written.low_at.as_ref().or(written.urgent_at.as_ref()).map_or(written.offset, |number| number.offset);
    let text = format!(
        "{}\"low_at\" is {}, and \"urgent_at\" is {}; write a \"low_at\" that is less",
        written.prefix,
        low_at.as_f64(),
        urgent_at.as_f64()
    );
    bench.faults.error(offset, text);
    None
}

/// The signal of this name.
pub fn signal(bench: &mut Bench<'_>, prefix: &str, name: &At<String>) -> Option<Signal> {
    let signal = Signal::named(&name.value);
    if signal.is_none() {
        let names = Signal::ALL.into_iter().map(Signal::name);
        let advice = meant(&name.value, names, "write one that `tidings generate man` names under SIGNALS");
        bench.faults.error(name.offset, format!("{prefix}there is no signal {:?}; {advice}", shortened(&name.value)));
    }
    signal
}

/// Points: a number with two decimals at most, within [`Points::MOST`] on either side of zero.
pub fn points(bench: &mut Bench<'_>, prefix: &str, (key, number): (&str, &At<String>)) -> Option<Points> {
    let points = read(&number.value);
    if points.is_none() {
        let (key, value, most) = (shortened(key), shortened(&number.value), Points::MOST);
        let text = format!(
            "{prefix}{key:?} cannot be {value}; write a number from -{most} to {most} with two decimals at most, such as 2.5"
        );
        bench.faults.error(number.offset, text);
    }
    points
}

/// Exactly: what a binary fraction cannot hold must not be rounded into another number.
fn read(number: &str) -> Option<Points> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let hundredths = format!("{whole}{fraction:0<2}").parse::<i32>().ok()?;
    (hundredths <= Points::MOST * 100).then(|| Points::of_hundredths(sign * hundredths))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::model::signal::Points;

    #[test]
    fn numbers_are_exact_to_the_hundredth() {
        let check =
            |text: &str, expected: Option<i32>| assert_eq!(read(text).map(Points::hundredths), expected, "{text}");
        check("3", Some(300));
        check("+3", Some(300));
        check("-1.5", Some(-150));
        check("0.07", Some(7));
        check("2.500", Some(250));
        check("0", Some(0));
        check("-0.0", Some(0));
        check("10000", Some(1_000_000));
        check("-10000.00", Some(-1_000_000));
        for bad in
            ["10000.01", "0.005", "1e2", "1.5e1", "inf", "-inf", "nan", "", "-", ".5", "0x10", "99999999999", "--1"]
        {
            check(bad, None);
        }
    }
}
