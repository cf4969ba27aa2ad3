//! What each key does while a film plays.

/// What the viewer asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    TogglePlay,
    /// Seconds from here.
    SeekBy(f64),
    /// Part of the whole, 0 to 1.
    SeekToPart(f64),
    /// Part of full loudness, added.
    VolumeBy(f64),
    ToggleMute,
    /// To the next speed up, or down.
    ChangeSpeed {
        faster: bool,
    },
    ToggleSubtitles,
    ToggleFullscreen,
    ToggleStats,
    ToggleHelp,
    /// Closes what is open, or leaves.
    Back,
}

/// What the key was pressed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A button, which space and Enter press.
    Button,
    /// A slider of the browser, which the arrows move.
    Slider,
    /// An open menu, which uses arrows up and down.
    Menu,
    Elsewhere,
}

/// The action of a key, if it has one there. Keys with Ctrl, Alt or Meta belong to the browser.
pub(crate) fn action(key: &str, modified: bool, target: Target) -> Option<Action> {
    if modified {
        return None;
    }
    let taken = match target {
        Target::Button => matches!(key, " " | "Enter"),
        Target::Slider => key.starts_with("Arrow"),
        Target::Menu => matches!(key, " " | "Enter" | "ArrowUp" | "ArrowDown"),
        Target::Elsewhere => false,
    };
    if taken {
        return None;
    }
    let action = match key {
        " " | "k" | "K" | "Enter" | "MediaPlayPause" => Action::TogglePlay,
        "ArrowLeft" => Action::SeekBy(-5.0),
        "ArrowRight" => Action::SeekBy(5.0),
        "j" | "J" | "MediaRewind" => Action::SeekBy(-10.0),
        "l" | "L" | "MediaFastForward" => Action::SeekBy(10.0),
        "ArrowUp" => Action::VolumeBy(0.05),
        "ArrowDown" => Action::VolumeBy(-0.05),
        "<" => Action::ChangeSpeed { faster: false },
        ">" => Action::ChangeSpeed { faster: true },
        "m" | "M" => Action::ToggleMute,
        "c" | "C" => Action::ToggleSubtitles,
        "f" | "F" => Action::ToggleFullscreen,
        "i" | "I" => Action::ToggleStats,
        "?" => Action::ToggleHelp,
        "Escape" | "GoBack" => Action::Back,
        "Home" => Action::SeekToPart(0.0),
        digit => {
            let mut digits = digit.chars();
            let tenth = digits.next()?.to_digit(10)?;
            return digits.next().is_none().then_some(Action::SeekToPart(f64::from(tenth) / 10.0));
        }
    };
    Some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_what_people_expect() {
        let press = |key| action(key, false, Target::Elsewhere);
        assert_eq!(press(" "), Some(Action::TogglePlay));
        assert_eq!(press("j"), Some(Action::SeekBy(-10.0)));
        assert_eq!(press("ArrowRight"), Some(Action::SeekBy(5.0)));
        assert_eq!(press("c"), Some(Action::ToggleSubtitles));
        assert_eq!(press(">"), Some(Action::ChangeSpeed { faster: true }));
        assert_eq!(press("7"), Some(Action::SeekToPart(0.7)));
        assert_eq!(press("F5"), None);
        assert_eq!(press("12"), None);
        assert_eq!(press("x"), None);
    }

    #[test]
    fn a_key_that_something_else_needs_is_left_alone() {
        assert_eq!(action(" ", false, Target::Button), None);
        assert_eq!(action("f", false, Target::Button), Some(Action::ToggleFullscreen));
        assert_eq!(action("ArrowLeft", false, Target::Slider), None);
        assert_eq!(action("ArrowUp", false, Target::Menu), None);
        assert_eq!(action("Escape", false, Target::Menu), Some(Action::Back));
        assert_eq!(action("l", true, Target::Elsewhere), None);
    }
}
