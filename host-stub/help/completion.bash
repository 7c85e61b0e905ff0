# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
# Completion of idc-host for bash, made of its --help.

_idc_host_apps() {
	local data=${IDC_DATA:-} word previous=''
	for word in "${COMP_WORDS[@]}"; do
		[ "$previous" = --data ] && data=$word
		[[ $word == --data=* ]] && data=${word#--data=}
		previous=$word
	done
	if [ -z "$data" ]; then
		data=${XDG_STATE_HOME:-$HOME/.local/state}/idc-host
		[ -d /var/lib/idc-host/apps ] && [ -r /var/lib/idc-host/apps ] && data=/var/lib/idc-host
	fi
	local file
	for file in "$data"/apps/*.json; do
		[ -e "$file" ] || continue
		file=${file##*/}
		printf '%s\n' "${file%.json}"
	done
}

_idc_host() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' options='' first='' words='' n count=0
	COMPREPLY=()
	for ((n = 1; n < COMP_CWORD; n++)); do
		case ${COMP_WORDS[n]} in
		--data | --modules | --key-file) ((n++)) ;;
		-*) ;;
		*)
			if [ -z "$command" ]; then command=${COMP_WORDS[n]}; else ((count++)); fi
			;;
		esac
	done
	case $previous in
	--data | --modules)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--file | --secret-file | --key-file | --new-key-file | --output | -o)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	case $command in
	"") words='@COMMANDS@' options='@GLOBALS@' ;;
@CASES@	esac
	if [[ $current == -* ]]; then
		words=$options
	elif [ -n "$command" ]; then
		words=
		case $count:$first in
		0:ID) words=$(_idc_host_apps) ;;
		*:audit) [ "$count" = 0 ] && words='verify head export' || words=$(_idc_host_apps) ;;
		1:ID) [ "$command" = show ] && words='@SHOWN@' ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# what is none of these is a file
complete -o default -F _idc_host idc-host
