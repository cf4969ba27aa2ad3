//! Where and how a cue is shown (W3C WebVTT §4.4, "cue settings list").

/// The settings of a cue. `None` is what the specification calls auto, or the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// `vertical`.
    pub vertical: Option<Vertical>,
    /// `line`, and which side of the cue is there.
    pub line: Option<(Line, Option<Align>)>,
    /// `position` in percent, and which side of the cue is there.
    pub position: Option<(f64, Option<Align>)>,
    /// `size` in percent.
    pub size: Option<f64>,
    /// `align`.
    pub align: Option<Align>,
}

/// Which way lines of vertical text follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vertical {
    /// `rl`.
    RightToLeft,
    /// `lr`.
    LeftToRight,
}

/// Where the first line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// Counted in lines: from the top, or, negative, from the bottom.
    Number(i32),
    /// Percent of the picture.
    Percent(f64),
}

/// A side of a cue or of its text. `line` and `position` know no left and right, `align` knows all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Where the text starts; for a position, `line-left`.
    Start,
    /// The middle.
    Center,
    /// Where the text ends; for a position, `line-right`.
    End,
    /// The left, whichever way the text goes.
    Left,
    /// The right.
    Right,
}

impl Settings {
    /// Reads what follows the times of a cue.
    pub(super) fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for setting in text.split_ascii_whitespace() {
            let Some((name, value)) = setting.split_once(':') else { continue };
            let (first, side) = value.split_once(',').map_or((value, None), |(first, side)| (first, Some(side)));
            match name {
                "vertical" => settings.vertical = vertical(value).or(settings.vertical),
                "line" => settings.line = with_side(line(first), side).or(settings.line),
                "position" => settings.position = with_side(percent(first), side).or(settings.position),
                "size" => settings.size = percent(value).or(settings.size),
                "align" => settings.align = align(value).or(settings.align),
                _ => {}
            }
        }
        settings
    }
}

fn vertical(value: &str) -> Option<Vertical> {
    match value {
        "rl" => Some(Vertical::RightToLeft),
        "lr" => Some(Vertical::LeftToRight),
        _ => None,
    }
}

fn line(value: &str) -> Option<Line> {
    if value.ends_with('%') { percent(value).map(Line::Percent) } else { value.parse().ok().map(Line::Number) }
}

/// A value whose side is wrong counts for nothing.
fn with_side<T>(value: Option<T>, side: Option<&str>) -> Option<(T, Option<Align>)> {
    let side = match side {
        None => None,
        Some("start" | "line-left") => Some(Align::Start),
        Some("center") => Some(Align::Center),
        Some("end" | "line-right") => Some(Align::End),
        Some(_) => return None,
    };
    Some((value?, side))
}

fn align(value: &str) -> Option<Align> {
    match value {
        "start" => Some(Align::Start),
        // As early drafts had it.
        "center" | "middle" => Some(Align::Center),
        "end" => Some(Align::End),
        "left" => Some(Align::Left),
        "right" => Some(Align::Right),
        _ => None,
    }
}

fn percent(value: &str) -> Option<f64> {
    let digits = value.strip_suffix('%')?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    digits.parse().ok().filter(|percent| is_plain && (0.0..=100.0).contains(percent))
}
