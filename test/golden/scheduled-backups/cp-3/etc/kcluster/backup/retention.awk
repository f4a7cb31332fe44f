# Written by kcluster. Prints the names that may be deleted in one place, oldest first, as src/backup/retention.ts does.
# Input: NAME <tab> time as 20261126T150000Z <tab> 1 when it is good, else 0.
# Variables: last, daily, weekly, monthly, now (20261126T150000Z).
BEGIN { FS = "\t"; if (last < 1) last = 1 }

# Days since 1970-01-01 of a date of the Gregorian calendar.
function days(text,    y, m, d, era, doe) {
  y = substr(text, 1, 4) + 0; m = substr(text, 5, 2) + 0; d = substr(text, 7, 2) + 0
  if (m <= 2) { y--; m += 12 }
  era = int(y / 400)
  doe = (y % 400) * 365 + int((y % 400) / 4) - int((y % 400) / 100) + int((153 * (m - 3) + 2) / 5) + d - 1
  return era * 146097 + doe - 719468
}

# The newest of each of the newest `count` buckets stays.
function claim(class, count, bucket, row) {
  if ((class, bucket) in taken) return
  if (used[class] + 0 >= count) return
  taken[class, bucket] = 1
  used[class]++
  stays[row] = 1
}

$2 <= now { names[++n] = $1; times[n] = $2; good[n] = $3 + 0; key[n] = $2 "\t" $1 }

END {
  # By insertion, newest first: mawk has no sort, and lists are short.
  for (i = 1; i <= n; i++) {
    for (j = i - 1; j >= 1 && key[order[j]] < key[i]; j--) order[j + 1] = order[j]
    order[j + 1] = i
  }
  limit = ""
  for (i = 1; i <= n; i++) {
    row = order[i]
    if (!good[row]) continue
    if (++count <= last) { stays[row] = 1; if (count == last) limit = times[row] }
    day = days(times[row])
    claim("day", daily, day, row)
    claim("week", weekly, int((day + 3) / 7), row)
    claim("month", monthly, substr(times[row], 1, 6), row)
  }
  for (i = n; i >= 1; i--) {
    row = order[i]
    if (good[row] ? !(row in stays) : (limit != "" && times[row] < limit)) print names[row]
  }
}
