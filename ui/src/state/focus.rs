//! Where arrow keys lead in a grid of posters.

/// An arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Left,
    Right,
    Up,
    Down,
}

impl Direction {
    /// The direction of a key's name (UI Events KeyboardEvent key values).
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        match key {
            "ArrowLeft" => Some(Self::Left),
            "ArrowRight" => Some(Self::Right),
            "ArrowUp" => Some(Self::Up),
            "ArrowDown" => Some(Self::Down),
            _ => None,
        }
    }
}

/// The place that `direction` leads to from place `at` of `count`, in rows of `columns`; `None` at the edge.
///
/// Left and right go through the rows like reading; down into a shorter last row goes to its end.
pub(crate) fn step(at: usize, count: usize, columns: usize, direction: Direction) -> Option<usize> {
    let columns = columns.max(1);
    let last = count.checked_sub(1)?;
    match direction {
        Direction::Left => at.checked_sub(1),
        Direction::Right => (at < last).then_some(at + 1),
        Direction::Up => at.checked_sub(columns),
        Direction::Down => (at / columns < last / columns).then_some((at + columns).min(last)),
    }
}

/// How many columns a grid has, from the top edges of its items in order.
pub(crate) fn columns(tops: &[f64]) -> usize {
    let Some(&first) = tops.first() else { return 1 };
    tops.iter().take_while(|&&top| (top - first).abs() < 1.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_walk_the_grid_and_stop_at_its_edges() {
        let go = |at, direction| step(at, 7, 3, direction);
        assert_eq!(go(0, Direction::Left), None);
        assert_eq!(go(2, Direction::Right), Some(3));
        assert_eq!(go(6, Direction::Right), None);
        assert_eq!(go(1, Direction::Up), None);
        assert_eq!(go(4, Direction::Up), Some(1));
        assert_eq!(go(1, Direction::Down), Some(4));
    }

    #[test]
    fn down_into_a_short_last_row_goes_to_its_end() {
        assert_eq!(step(5, 7, 3, Direction::Down), Some(6));
        assert_eq!(step(6, 7, 3, Direction::Down), None);
    }

    #[test]
    fn an_empty_grid_leads_nowhere() {
        assert_eq!(step(0, 0, 0, Direction::Right), None);
        assert_eq!(step(0, 1, 0, Direction::Down), None);
    }

    #[test]
    fn columns_are_the_items_of_the_first_row() {
        assert_eq!(columns(&[10.0, 10.2, 10.0, 300.0, 300.0]), 3);
        assert_eq!(columns(&[]), 1);
    }
}
