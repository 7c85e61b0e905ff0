#!/bin/bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
#
# What `./dev demo` shows, once all is built, against the simulated PagerDuty: a connection made, verified, synced and looked into; somebody
# invited, put on call and taken off again; what others changed meanwhile; and somebody who leaves.
# Each command that is printed after a dollar sign is run as it stands there.
#
# usage: demo.sh TOP
set -euo pipefail

top=$1
cd -- "$top"
folder=$(mktemp -d "$top/build/demo.XXXXXX")
export IDC_DATA=$folder/data
simulator=

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

finish() {
	local status=$?
	if [ -n "$simulator" ]; then
		kill "$simulator" 2>/dev/null || true
		wait "$simulator" 2>/dev/null || true
	fi
	rm -rf -- "$folder"
	[ "$status" -eq 0 ] || printf 'demo: the step above failed with exit %s.\n' "$status" >&2
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# show COMMAND...: prints a command as one would type it.
show() {
	local word line=''
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_@%+=:,./-]* | '') line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	printf '$%s\n' "$line"
}

# run COMMAND...: prints a command and runs it.
run() {
	show "$@"
	"$@"
}

# refused STATUS COMMAND...: likewise, but it has to end with that status, which is told.
refused() {
	local wanted=$1 status=0
	shift
	show "$@"
	"$@" 2>&1 || status=$?
	printf '(exit status %s)\n' "$status"
	[ "$status" -eq "$wanted" ]
}

# fact NAME: one value of the line that the simulator printed when it was ready.
fact() {
	/usr/bin/python3 -c 'import functools, json, sys
print(functools.reduce(lambda value, key: value[key], sys.argv[2].split("."), json.loads(sys.argv[1])))' "$ready" "$1"
}

step "A simulated PagerDuty on this machine: 300 users, no account needed, nothing leaves this machine"
printf '$ ./dev sim --users 300 &\n'
mkfifo "$folder/ready"
"$top/build/tests/simulator/pd-sim" --exit-with-parent --users 300 >"$folder/ready" &
simulator=$!
read -r ready <"$folder/ready"
printf 'It listens on 127.0.0.1, port %s. What follows works in a folder of its own, %s, which is removed at the end.\n' "$(fact port)" "${IDC_DATA#"$top/"}"

# mutate JSON: somebody changes things in the simulated PagerDuty.
mutate() {
	/usr/bin/python3 -c 'import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"}), timeout=30).read()' \
		"http://127.0.0.1:$(fact control_port)/_control/mutate" "$1"
}

# A few people and things whose names are easy to follow among the 300.
mutate '{"changes": [
	{"op": "add_user", "id": "PIDC001", "name": "Access Service", "email": "access@northwind.example", "role": "admin"},
	{"op": "add_user", "id": "PILSE01", "name": "Ilse Marrow", "email": "ilse.marrow@northwind.example", "role": "user"},
	{"op": "add_user", "id": "PTOMA01", "name": "Toma Reed", "email": "toma.reed@northwind.example", "role": "limited_user"},
	{"op": "add_team", "id": "PHARB10", "name": "Harbour Ops"},
	{"op": "add_team", "id": "PQUAY10", "name": "Quay Support"},
	{"op": "add_member", "team": "PHARB10", "user": "PILSE01", "role": "manager"},
	{"op": "add_member", "team": "PQUAY10", "user": "PTOMA01", "role": "responder"},
	{"op": "add_schedule", "id": "PWEEK30", "name": "Weekend rota", "users": ["PILSE01", "PTOMA01"]},
	{"op": "add_policy", "id": "PNIGH20", "name": "Harbour at night", "team": "PHARB10", "levels": [{"delay": 15, "users": ["PILSE01"]}]}]}'

step "1. The connector's module is verified before it is loaded: who may write it, and its SHA-256 against the manifest"
run ./dev host modules

step "2. What it can do, told by its manifest without loading it"
run ./dev host capabilities pagerduty

step "3. Connect: authorize, validate, and the first full sync. The secret comes from a file, never from the command line"
printf 'With trust read-write it may change things too, in the name of the service account access@northwind.example.\n'
(umask 077 && fact secrets.client_secret >"$folder/secret")
run ./dev host connect pagerduty --yes --set client_id="$(fact settings.client_id)" --set subdomain="$(fact settings.subdomain)" \
	--set api_url="$(fact settings.api_url)" --set identity_url="$(fact settings.identity_url)" \
	--secret client_secret=@"${folder#"$top/"}/secret" --trust read-write --set from_email=access@northwind.example \
	--app delete_on_termination=true

step "4. Is it healthy, and how old is what is known?"
run ./dev host status

# Somebody who is paged through a schedule and is on a team, where few lines show it: a level with direct targets too, if there is one.
mapfile -t found < <(./dev host show PagerDuty grants --csv | /usr/bin/python3 -c '
import collections, csv, sys
rows = list(csv.DictReader(sys.stdin))
holders = collections.Counter(row["entitlement_id"] for row in rows)
held = collections.Counter(row["user_id"] for row in rows)
direct = {row["entitlement_id"] for row in rows if row["kind"] == "policy" and not row["via"]}
teams = {}
for row in rows:
    if row["kind"] == "group" and holders[row["entitlement_id"]] <= holders[teams.get(row["user_id"], row["entitlement_id"])]:
        teams[row["user_id"]] = row["entitlement_id"]
paged = [row for row in rows if row["via"] and row["user_id"] in teams]
row = min(paged, key=lambda row: (row["entitlement_id"] not in direct, holders[row["entitlement_id"]] + held[row["user_id"]]))
print(row["email"], teams[row["user_id"]], row["entitlement_id"], sep="\n")')

step "5. One person: everything that ${found[0]} holds; where VIA names a schedule, it is through being on it"
run ./dev host show PagerDuty grants --user "${found[0]}"

step "6. One team: who is a member in that team role"
run ./dev host show PagerDuty grants --entitlement "${found[1]}"

step "7. One escalation policy: who is really paged at that level, and through which schedule"
run ./dev host show PagerDuty grants --entitlement "${found[2]}"

sleep 1 # so that the seconds tell the first sync from what follows
hour=$(date -u +%Y-%m-%dT%H:%M:%SZ)
noor=noor.vale@northwind.example

step "8. Invite somebody: PagerDuty mails one invitation, and she has the base role that new users get"
run ./dev host provision PagerDuty --email "$noor" --name 'Noor Vale' --reason 'joins the harbour' --ticket HR-204

step "9. What would giving her a base role, a team and a place in an escalation policy do? A dry run tells, and changes nothing"
run ./dev host add PagerDuty "$noor" role:user team:PQUAY10:responder policy:PNIGH20:1 --dry-run
printf '%s\n' "The policy belongs to the team Harbour Ops, and PagerDuty has everybody whom it pages on its team. So she is put there" \
	"explicitly, in the role that this connection prefers (observer), and that is told as a side effect."

step "10. The same, done. Each change is journalled before it is sent and after"
run ./dev host add PagerDuty "$noor" role:user team:PQUAY10:responder policy:PNIGH20:1

step "11. Take her off the team Harbour Ops while its policy still pages her: PagerDuty refuses, and the policy is named"
refused 1 ./dev host remove PagerDuty "$noor" team:PHARB10

step "12. Policy and team in one command: the order is found, the policy goes first"
run ./dev host remove PagerDuty "$noor" team:PHARB10 policy:PNIGH20:1

step "13. Meanwhile somebody takes ${found[0]} off a team, in PagerDuty itself. An hour later, a timer would start this sync"
team=${found[1]#team:}
mutate "{\"changes\": [{\"op\": \"remove_member\", \"team\": \"${team%:*}\", \"user\": \"${found[0]}\"}]}"
run ./dev host sync PagerDuty
printf '%s\n' "In the list of changes 'platform' is what came from here (in sync 2: what PagerDuty filled in about whom we invited)," \
	"'outside' what did not."
run ./dev host show PagerDuty changes --since "$hour"

step "14. Ilse Marrow leaves. She alone is paged by Harbour at night, so somebody has to take her place: Noor Vale"
run ./dev host terminate PagerDuty ilse.marrow@northwind.example --successor "$noor" --reason 'left the company' --ticket HR-205

step "15. Somebody takes her off the rota and deletes her, in PagerDuty. The next sync sees it and closes both tasks"
run ./dev host status
mutate '{"changes": [{"op": "remove_schedule_user", "schedule": "PWEEK30", "user": "PILSE01"}, {"op": "delete_user", "user": "PILSE01"}]}'
run ./dev host sync PagerDuty
run ./dev host show PagerDuty tasks

step "16. The journal proves that no row of it was altered, moved or dropped"
run ./dev host audit verify PagerDuty

step "With a real account (README.md says how to register the app; here 'northwind' is your subdomain):"
printf '$ ./dev host connect pagerduty --yes --set client_id=CLIENT_ID --set subdomain=northwind --secret client_secret=@secret\n'
