# Written by kcluster. Prints the newest time at which the schedule was due, as 20261126T1500 in UTC: the name of an interval,
# the same on every host.
# Variables: now ("2026 11 26 15 04"), minutes, hours, days, months, weekdays (numbers joined by commas), either (yes: cron takes either day field).
function is(list, value) { return index("," list ",", "," value ",") > 0 }

# Days since 1970-01-01, and back; years begin in March.
function number_of(y, m, d,    era, doe) {
  if (m <= 2) { y--; m += 12 }
  era = int(y / 400)
  doe = (y % 400) * 365 + int((y % 400) / 4) - int((y % 400) / 100) + int((153 * (m - 3) + 2) / 5) + d - 1
  return era * 146097 + doe - 719468
}
function date_of(z,    era, doe, yoe, doy, mp) {
  z += 719468
  era = int(z / 146097)
  doe = z - era * 146097
  yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
  doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
  mp = int((5 * doy + 2) / 153)
  day = doy - int((153 * mp + 2) / 5) + 1
  month = mp < 10 ? mp + 3 : mp - 9
  year = yoe + era * 400 + (month <= 2)
}

BEGIN {
  split(now, at, " ")
  today = number_of(at[1] + 0, at[2] + 0, at[3] + 0)
  latest = at[4] * 60 + at[5]
  # The 29th of February may be forty years away when it must be a Monday, too.
  for (z = today; z > today - 15000; z--) {
    date_of(z)
    weekday = (z + 4) % 7
    fits = either == "yes" ? is(days, day) || is(weekdays, weekday) : is(days, day) && is(weekdays, weekday)
    if (!fits || !is(months, month)) continue
    for (hour = 23; hour >= 0; hour--) {
      if (!is(hours, hour)) continue
      for (minute = 59; minute >= 0; minute--) {
        if (!is(minutes, minute) || (z == today && hour * 60 + minute > latest)) continue
        printf "%04d%02d%02dT%02d%02d\n", year, month, day, hour, minute
        exit
      }
    }
  }
}
