"""What staff are told when a report cannot be shown as they asked, and what to do next."""

from cogs._ui.words import later

PROBLEMS = {
    "period_backwards": later("The period ends before it begins. Please swap the two days."),
    "period_too_far": later("Please choose days from the year 2000 on."),
    "period_too_long": later("That is too long a period. Please choose at most {limit} days."),
    "not_a_date": later("I cannot read that as a day. Please write it like 2026-03-31: year, month, day."),
    "share_days": later("Please choose how long the link lasts: 1 to {limit} days."),
    "no_public_url": later(
        "Links need a public web address. Please ask who runs the bot to set one; `/admin doctor` says how."
    ),
    "zone_unknown": later(
        "I do not know that place. Please write a large city of your time zone, for example Berlin."
    ),
    "zone_several": later("Several time zones are called so. Please write one of these: {limit}."),
}
UNKNOWN = {
    "report": later("There is no such report. Please choose another with `/admin analytics`."),
    "share": later("I cannot find that link. It may have ended long ago, or somebody else made it."),
}
