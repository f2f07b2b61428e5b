#!/usr/bin/python3
"""Writes cron_runs.tsv: expressions, time zones and starting moments with their next ten runs, by implementations that are
not ours. Run by hand when expressions are added (pip install croniter==7.0.0 cronsim==2.8 tzdata).

croniter gives the runs; cronsim, which follows Debian's cron, is asked too. They differ only where clocks change (croniter
runs a daily job twice on the day of a repeated hour) and where a day `*/n` meets a weekday (for croniter either is enough);
there cronsim's runs are taken.
"""

import itertools
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

PLAIN = """
* * * * *|*/5 * * * *|*/7 * * * *|0 * * * *|30 * * * *|15,45 * * * *|0-10 * * * *|0-59/20 * * * *|5/15 * * * *|1-30/7 3 * * *
0 0 * * *|0 3 * * *|30 2 * * *|0 2 * * *|15 2,3 * * *|0 */2 * * *|0 1-5 * * *|59 23 * * *|0 12 * * *|45 1 * * *
0 0 1 * *|0 0 31 * *|0 0 29 2 *|0 0 30 * *|0 0 15 * *|0 0 1,15 * *|0 0 10-20/3 * *|0 0 */10 * *|30 4 1 1 *|0 0 1 1 *
0 0 * * 0|0 0 * * 7|0 0 * * 1|0 0 * * MON|0 0 * * mon-fri|0 9 * * 1-5|0 9 * * SUN|0 0 * * 6,0|0 0 * * TUE,THU|0 0 * * 5-7
0 0 * JAN *|0 0 * 2 *|0 0 1 MAR,SEP *|0 0 1 */3 *|0 0 1 1-6 *|0 0 1 2-12/5 *|0 0 31 1,3 *|0 0 28 FEB *|0 6 4 JUL *|0 0 25 dec *
0 0 13 * 5|0 0 1 * 1|0 0 15 * MON|30 4 1,15 * 5|0 0 1-7 * 0|0 12 31 * 6|0 0 10 10 WED|0 0 */10 * 1|0 0 29 2 1|0 0 1 1 0
0 0 L * *|30 23 L * *|0 0 L 2 *|0 0 L */2 *|0 0 * * 5#2|0 0 * * 1#1|0 0 * * 0#3|0 0 * * 2#4|0 0 * 11 4#4|0 0 * * 1#5
@daily|@hourly|@weekly|@monthly|@yearly|@annually|@midnight|0 0 1 JAN ?|0 0 ? * MON|5 4 * * sun
""".replace("\n", "|").strip("|").split("|")
SECONDS = ["*/10 * * * * *", "0 * * * * *", "30 30 2 * * *", "0,15,30,45 * * * * *", "5 0 0 * * *", "59 59 23 * * *",
           "0-5 0 12 * * *", "*/25 */30 * * * *", "0 0 2 * * *", "10 5 */6 * * MON-FRI"]
# Where clocks change: spring and autumn of a northern zone, a southern one, and one that changes by half an hour at 2.
ZONES = [("Europe/Berlin", "2026-03-28T20:00:00"), ("Europe/Berlin", "2026-10-24T21:00:00"),
         ("America/New_York", "2026-03-08T04:00:00"), ("America/New_York", "2026-11-01T03:00:00"),
         ("Australia/Lord_Howe", "2026-04-04T10:00:00"), ("Australia/Lord_Howe", "2026-10-03T11:00:00")]
CHANGING = ["30 2 * * *", "0 2 * * *", "0 3 * * *", "15 2 * * *", "45 1 * * *", "*/15 * * * *", "0 * * * *", "15 2,3 * * *",
            "30 1,2,3 * * *", "0 1-4 * * *", "0 0 * * *", "30 0 * * *", "*/20 2 * * *", "10 */3 * * *", "0 2 * * SUN",
            "0 2 1-7 * *", "59 1 * * *", "0,30 1-3 * * *", "5 2 * * 0"]
# cronsim takes every change of the clocks for one of a full hour, and passes over runs here.
HALF_HOUR = {("*/20 2 * * *", "2026-04-04T10:00:00"), ("10 */3 * * *", "2026-04-04T10:00:00"),
             ("10 */3 * * *", "2026-10-03T11:00:00")}


def by_croniter(expression, zone, start):
    fields = expression.split()
    if fields[-1][-1:] == "L" and len(fields) > 4:  # 5L is L5 there
        fields[-1] = "L" + fields[-1][:-1]
    runs = croniter(" ".join(fields), start.astimezone(ZoneInfo(zone)), ret_type=datetime, second_at_beginning=True)
    return [runs.get_next().astimezone(timezone.utc) for _ in range(10)]


def by_cronsim(expression, zone, start):
    return list(itertools.islice(CronSim(expression.replace("?", "*"), start.astimezone(ZoneInfo(zone))), 10))


def main():
    cases = [(text, "UTC", "2026-02-27T22:58:30") for text in PLAIN + SECONDS]
    cases += [(text, zone, start) for zone, start in ZONES for text in CHANGING]
    differences = 0
    with open("cron_runs.tsv", "w", encoding="utf-8") as out:
        print("# expression, zone, start, ten runs (UTC); made by make_cron_runs.py", file=out)
        for text, zone, start in cases:
            moment = datetime.fromisoformat(start).replace(tzinfo=timezone.utc)
            runs = by_croniter(text, zone, moment)
            try:
                others = [run.astimezone(timezone.utc) for run in by_cronsim(text, zone, moment)]
            except Exception as error:  # a form that it does not know
                print(f"only croniter: {text}: {error}", file=sys.stderr)
                others = runs
            if (text, start) in HALF_HOUR:
                others = runs
            if runs != others:
                differences += 1
                if zone == "UTC" and not ("*/" in text.split()[-3] and text.split()[-1] != "*"):
                    sys.exit(f"they disagree without any change of clocks: {text}\n{runs}\n{others}")
            print(text, zone, start, *(run.strftime("%Y-%m-%dT%H:%M:%S") for run in others), sep="\t", file=out)
    print(f"{len(cases)} cases, {differences} by cronsim alone")


if __name__ == "__main__":
    main()
