"""The trading calendars that an instrument can name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a market is open: regular hours in its own time zone, Monday first in `weekdays`."""

    name: str
    time_zone: str
    opens: str
    closes: str
    weekdays: str = "MTWTF"


KNOWN = {
    calendar.name: calendar
    for calendar in (
        Calendar("24X7", "UTC", "00:00", "24:00", "MTWTFSS"),
        Calendar("24X5", "America/New_York", "17:00", "17:00", "SMTWT"),
        Calendar("XNYS", "America/New_York", "09:30", "16:00"),
        Calendar("XNAS", "America/New_York", "09:30", "16:00"),
        Calendar("ARCX", "America/New_York", "09:30", "16:00"),
        Calendar("SIFMA_US", "America/New_York", "07:00", "17:30"),
        Calendar("XTSE", "America/Toronto", "09:30", "16:00"),
        Calendar("XLON", "Europe/London", "08:00", "16:30"),
        Calendar("XETR", "Europe/Berlin", "09:00", "17:30"),
        Calendar("XPAR", "Europe/Paris", "09:00", "17:30"),
        Calendar("XAMS", "Europe/Amsterdam", "09:00", "17:30"),
        Calendar("XSWX", "Europe/Zurich", "09:00", "17:30"),
        Calendar("XTKS", "Asia/Tokyo", "09:00", "15:30"),
        Calendar("XHKG", "Asia/Hong_Kong", "09:30", "16:00"),
        Calendar("XASX", "Australia/Sydney", "10:00", "16:00"),
    )
}


def is_known(name: str) -> bool:
    """Returns whether an instrument may name this calendar."""
    return name in KNOWN
