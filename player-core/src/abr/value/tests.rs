use super::*;

fn rates(mbps: f64, spread: f64) -> Rates {
    Rates { middle: mbps * 1e6, spread, deviation: 0.0, outage: 6.0, hazard: 0.0 }
}

/// Rungs of 1, 2 and 4 Mbit/s, segments of 4 s.
fn course(left: usize) -> Course {
    let (mut bitrates, mut usual) = ([0.0; MOST_RUNGS], [0.0; MOST_RUNGS]);
    for (rung, rate) in [1.0, 2.0, 4.0].into_iter().enumerate() {
        bitrates[rung] = rate;
        usual[rung] = rate * 4.0;
    }
    Course { rungs: 3, bitrates, sizes: [usual; MOST_AHEAD], usual, left, length: 4.0, limit: 24.0, latency: 0.05 }
}

fn best(course: &Course, rates: Rates, level: f64, last: usize) -> usize {
    let values = Values::new(course, rates);
    let worth = |rung: usize| {
        let load = Load { rung, megabits: course.sizes[0][rung], latency: course.latency };
        values.of(load, level, course.bitrates[last])
    };
    (0..course.rungs).max_by(|a, b| worth(*a).total_cmp(&worth(*b))).unwrap()
}

#[test]
fn a_steady_link_gets_the_rung_that_it_carries() {
    for (mbps, rung) in [(1.2, 0), (2.3, 1), (5.0, 2), (50.0, 2)] {
        assert_eq!(best(&course(100), rates(mbps, 0.1), 12.0, rung), rung, "{mbps} Mbit/s");
    }
}

#[test]
fn a_short_buffer_makes_careful() {
    assert_eq!(best(&course(100), rates(3.8, 0.3), 20.0, 2), 2);
    assert!(best(&course(100), rates(3.8, 0.3), 1.0, 2) < 2);
}

#[test]
fn a_link_with_outages_is_met_with_more_in_the_buffer() {
    let rough = Rates { hazard: 2.0, ..rates(4.4, 0.3) };
    assert_eq!(best(&course(100), rates(4.4, 0.3), 11.0, 2), 2);
    assert!(best(&course(100), rough, 11.0, 2) < 2);
}

#[test]
fn a_heavy_segment_is_taken_in_a_lower_rung() {
    let mut heavy = course(100);
    heavy.sizes[0][2] *= 2.5;
    assert_eq!(best(&course(100), rates(4.4, 0.3), 9.0, 2), 2);
    assert!(best(&heavy, rates(4.4, 0.3), 9.0, 2) < 2);
}

#[test]
fn at_the_end_what_is_buffered_may_be_used_up_but_is_not_bet() {
    // The slowest link on which the top rung, of 4 Mbit/s, is taken.
    let slowest = |left: usize| {
        let links = (10..60).map(|tenths| f64::from(tenths) / 10.0);
        links.into_iter().find(|&mbps| best(&course(left), rates(mbps, 0.1), 15.0, 1) == 2).unwrap()
    };
    assert!(slowest(2) < slowest(100), "{} and {} Mbit/s", slowest(2), slowest(100));
    assert!(slowest(2) > 2.3, "{} Mbit/s", slowest(2));
}

#[test]
fn a_full_buffer_is_worth_more_than_an_empty_one_at_any_length() {
    for (length, limit) in [(0.5, 1.0), (2.0, 5.0), (6.0, 7.0), (10.0, 60.0)] {
        let course = Course { length, limit, ..course(100) };
        let values = Values::new(&course, rates(3.0, 0.5));
        let load = Load { rung: 1, megabits: 2.0 * length, latency: 0.05 };
        let worth = |level: f64| values.of(load, level, 2.0);
        assert!(worth(limit) > worth(0.0) && worth(limit).is_finite(), "{length} s of {limit} s");
        assert!(values.cost_of(load, limit) > 0.0, "{length} s of {limit} s");
    }
}

#[test]
fn a_dead_link_and_one_without_end_have_values_too() {
    for mbps in [1e-30, 1e-6, 1e6, 1e30] {
        let course = course(100);
        let values = Values::new(&course, rates(mbps, 2.0));
        let load = Load { rung: 2, megabits: 16.0, latency: 0.05 };
        assert!(values.of(load, 12.0, 1.0).is_finite() && values.cost_of(load, 12.0).is_finite(), "{mbps} Mbit/s");
    }
}
