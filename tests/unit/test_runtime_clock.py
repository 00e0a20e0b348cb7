"""The two clocks: a jump is found, a stepped clock never runs back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.runtime.bus import Bus, NotReady, Standing
from services.runtime.clock import (
    ClockUnreadable,
    ClockWouldGoBack,
    SteppedClock,
    SystemClock,
    clock_at,
    set_clock,
    system_now,
)

CLOSING = datetime(2014, 1, 31, 17, 0, tzinfo=UTC)


class Machine:
    """A machine whose wall clock can be put wrong."""

    def __init__(self) -> None:
        self.ticks, self.wall = 100.0, CLOSING.timestamp()

    def passes(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += seconds

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.ticks)

    def database(self, apart: float = 0) -> datetime:
        return datetime.fromtimestamp(self.wall + apart, UTC)


def test_a_clock_that_runs_steadily_beside_the_databases_is_certain():
    machine = Machine()
    clock = machine.clock()

    machine.passes(86_400)

    assert clock.certain(machine.database(apart=59))
    assert clock.certain()
    assert clock.now() == CLOSING + timedelta(days=1)


@pytest.mark.parametrize("jump", [61, -61, 7_200])
def test_a_clock_that_jumps_stops_decisions_until_it_is_back(jump: float):
    machine = Machine()
    clock = machine.clock()

    machine.wall += jump

    assert not clock.certain()
    machine.passes(3_600)
    assert not clock.certain()
    machine.wall -= jump
    assert clock.certain()


def test_a_machine_that_was_suspended_is_believed_after_a_steady_minute_at_the_databases_time():
    machine = Machine()
    clock = machine.clock()
    machine.wall += 7_200

    assert not clock.certain(machine.database())
    machine.passes(59)
    assert not clock.certain(machine.database())
    machine.passes(1)
    assert not clock.certain()
    assert clock.certain(machine.database())
    assert clock.certain()


def test_a_clock_that_keeps_jumping_is_not_believed():
    machine = Machine()
    clock = machine.clock()

    for _ in range(5):
        machine.wall += 7_200
        machine.passes(60)
        assert not clock.certain(machine.database())


def test_a_clock_apart_from_the_databases_stops_decisions_until_both_agree():
    machine = Machine()
    clock = machine.clock()

    assert not clock.certain(machine.database(apart=-61))
    assert not clock.certain()
    assert clock.certain(machine.database(apart=2))


def test_a_clock_pulled_slowly_into_line_stays_certain():
    machine = Machine()
    clock = machine.clock()

    for _ in range(10):
        machine.passes(3_600)
        machine.wall += 30
        assert clock.certain(machine.database())


def test_every_process_sees_the_stepped_clock_move(tmp_path: Path):
    file = tmp_path / "clock" / "now"
    set_clock(file, CLOSING)
    one, other = clock_at(file), clock_at(file)
    assert one.now() == other.now() == CLOSING

    set_clock(file, CLOSING + timedelta(seconds=1))

    assert one.now() == other.now() == CLOSING + timedelta(seconds=1)
    assert one.certain(system_now())


def test_the_stepped_clock_shows_utc_whatever_zone_it_was_set_in(tmp_path: Path):
    set_clock(tmp_path / "now", datetime.fromisoformat("2014-04-01T09:00:00+01:00"))

    assert SteppedClock(tmp_path / "now").now().isoformat() == "2014-04-01T08:00:00+00:00"


def test_the_stepped_clock_is_never_set_back(tmp_path: Path):
    file = tmp_path / "now"
    set_clock(file, CLOSING)

    with pytest.raises(ClockWouldGoBack, match="cannot go back to 2014-01-31T16:59:59"):
        set_clock(file, CLOSING - timedelta(seconds=1))

    assert SteppedClock(file).now() == CLOSING
    assert [each.name for each in tmp_path.iterdir()] == ["now"]


def test_the_stepped_clock_never_shows_an_earlier_instant_than_before(tmp_path: Path):
    file = tmp_path / "now"
    set_clock(file, CLOSING)
    clock = SteppedClock(file)
    clock.now()

    file.write_text("2013-01-01T00:00:00+00:00\n")

    assert clock.now() == CLOSING


@pytest.mark.parametrize(
    "broken",
    ["", "2014-02", "2015-01-01T00:00:00+00:00", "2015-01-01T00:00:00+00:0", "2015-01-01T00:00:00\n", "soon\n"],
)
def test_a_half_written_file_leaves_the_last_instant(tmp_path: Path, broken: str):
    file = tmp_path / "now"
    set_clock(file, CLOSING)
    clock = SteppedClock(file)
    clock.now()

    file.write_text(broken)

    assert clock.now() == CLOSING
    with pytest.raises(ClockUnreadable, match="expected one instant"):
        SteppedClock(file).now()


def test_a_missing_file_is_an_error_at_first_and_the_last_instant_later(tmp_path: Path):
    file = tmp_path / "now"
    with pytest.raises(ClockUnreadable):
        SteppedClock(file).now()
    set_clock(file, CLOSING)
    clock = SteppedClock(file)
    clock.now()

    file.unlink()

    assert clock.now() == CLOSING


def test_a_moment_without_a_zone_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="with its zone"):
        set_clock(tmp_path / "now", CLOSING.replace(tzinfo=None))


def test_without_a_file_business_time_is_the_machines():
    assert abs(clock_at(None).now() - system_now()) < timedelta(seconds=5)


def test_no_command_is_decided_between_a_jump_and_the_next_look_at_the_databases_clock():
    machine = Machine()
    bus = Bus(clock_stands=machine.clock().certain)
    bus.compared("sutton.funding.events", Standing.AGREED)
    bus.require_agreement()

    machine.wall += timedelta(days=400).total_seconds()
    with pytest.raises(NotReady, match="clock of this machine jumped"):
        bus.require_agreement()
    machine.wall -= timedelta(days=400).total_seconds()

    bus.require_agreement()


def test_nothing_that_is_kept_is_dated_by_a_clock_that_has_jumped():
    machine = Machine()
    clock = machine.clock()
    bus = Bus(clock_stands=clock.certain)
    right = bus.dated(clock.now)

    machine.wall -= timedelta(hours=2).total_seconds()
    with pytest.raises(NotReady, match="clock of this machine jumped"):
        bus.dated(clock.now)
    machine.wall += timedelta(hours=2).total_seconds()

    assert bus.dated(clock.now) == right
