"""Runs the suite once, quickly: every row is there and every figure is a number. Says nothing about speed."""
import json
import os
import subprocess
import sys
import tempfile

FIGURES = ['rounds', 'p50_ns', 'p99_ns', 'p999_ns', 'max_ns', 'per_second']
MACHINE = ['cpu', 'cpus', 'kernel', 'compiler', 'flags', 'date']
GOAL = ['ours', 'ratio', 'limit']


def fail(why):
    sys.exit(f'smoke.py: {why}')


def listed(bench):
    rows = [line.split()[:3] for line in subprocess.check_output([bench, '--list'], text=True).splitlines()]
    alone = len(os.sched_getaffinity(0)) < 2
    return {name for name, _, placement in rows if not (alone and placement == 'split')}


def run(bench):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'bench.json')
        subprocess.run([bench, '--quick', '--json', path], check=True)
        with open(path) as file:
            return json.load(file, parse_constant=lambda name: fail(f'{name} in the JSON'))


def check_numbers(what, items, keys):
    for item in items:
        for key in keys:
            if not isinstance(item.get(key), (int, float)):
                fail(f'{what} {item.get("name")}: {key} is {item.get(key)}')


def check_order(rows):
    for row in rows:
        if not 0 <= row['p50_ns'] <= row['p99_ns'] <= row['p999_ns'] <= row['max_ns']:
            fail(f'row {row["name"]}: its percentiles are not in order')
        if row['rounds'] < 1 or row['per_second'] <= 0:
            fail(f'row {row["name"]}: it measured nothing')


def main(bench):
    wanted, report = listed(bench), run(bench)
    found = {row['name'] for row in report['rows']}
    if wanted != found:
        fail(f'rows listed and rows measured differ by {", ".join(sorted(wanted ^ found))}')
    check_numbers('row', report['rows'], FIGURES)
    check_order(report['rows'])
    check_numbers('goal', report['goals'], GOAL)
    if not report['goals']:
        fail('there are no goals')
    missing = [key for key in MACHINE if not report['machine'].get(key)]
    if missing:
        fail(f'the machine lacks {", ".join(missing)}')


main(sys.argv[1])
