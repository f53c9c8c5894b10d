//! Colours of inline styles, as far as it takes to tell text that has the colour of its ground.

/// A colour in 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(u32);

/// What a value of `color` or `background` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// This colour.
    Plain(Colour),
    /// `transparent`, or a colour with an opacity of 0.
    Clear,
    /// A picture, a gradient, or a name that is not known here.
    Other,
}

/// Reads one CSS or HTML colour; the case does not count.
pub fn parse(value: &str) -> Paint {
    let value = value.trim().to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        return hex_colour(hex);
    }
    if let Some(list) = value.strip_prefix("rgb").map(|rest| rest.trim_start_matches('a')) {
        return function(list.trim().trim_start_matches('(').trim_end_matches(')'));
    }
    match value.as_str() {
        "transparent" => Paint::Clear,
        "white" => Paint::Plain(Colour(0xff_ff_ff)),
        "black" => Paint::Plain(Colour(0)),
        "red" => Paint::Plain(Colour(0xff_00_00)),
        "blue" => Paint::Plain(Colour(0x00_00_ff)),
        "green" => Paint::Plain(Colour(0x00_80_00)),
        "yellow" => Paint::Plain(Colour(0xff_ff_00)),
        "gray" | "grey" => Paint::Plain(Colour(0x80_80_80)),
        "silver" => Paint::Plain(Colour(0xc0_c0_c0)),
        "whitesmoke" => Paint::Plain(Colour(0xf5_f5_f5)),
        "snow" => Paint::Plain(Colour(0xff_fa_fa)),
        "ivory" => Paint::Plain(Colour(0xff_ff_f0)),
        _ if value.len() == 6 => hex_colour(&value),
        _ => Paint::Other,
    }
}

fn hex_colour(hex: &str) -> Paint {
    let Ok(number) = u32::from_str_radix(hex, 16) else { return Paint::Other };
    match hex.len() {
        3 => {
            let wide = |n: u32| n << 4 | n;
            Paint::Plain(Colour(wide(number >> 8 & 15) << 16 | wide(number >> 4 & 15) << 8 | wide(number & 15)))
        }
        6 => Paint::Plain(Colour(number)),
        8 if number & 0xff == 0 => Paint::Clear,
        8 => Paint::Plain(Colour(number >> 8)),
        _ => Paint::Other,
    }
}

fn function(list: &str) -> Paint {
    let mut parts = list.split([',', ' ', '/']).map(str::trim).filter(|part| !part.is_empty());
    let mut channel = || parts.next().and_then(|part| part.parse::<u32>().ok()).filter(|n| *n <= 255);
    let (Some(red), Some(green), Some(blue)) = (channel(), channel(), channel()) else { return Paint::Other };
    match parts.next().map(|alpha| alpha.trim_end_matches('%').parse::<f64>()) {
        Some(Ok(0.0)) => Paint::Clear,
        _ => Paint::Plain(Colour(red << 16 | green << 8 | blue)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Paint, parse};

    #[test]
    fn one_colour_has_many_spellings() {
        let white = parse("white");
        for spelling in ["#fff", "#FFFFFF", "rgb(255,255,255)", "rgba(255, 255, 255, 0.5)", "#ffffffff", "FFFFFF"] {
            assert_eq!(parse(spelling), white, "{spelling}");
        }
        assert_ne!(parse("#fefefe"), white);
        assert_eq!(parse("rgba(0,0,0,0)"), Paint::Clear);
        assert_eq!(parse("url(x.png)"), Paint::Other);
        assert_eq!(parse("rgb(300,0,0)"), Paint::Other);
    }
}
