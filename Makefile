# The commands of this project. Each brings what it needs and says so; see `make help`.

PREFIX ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)
.PHONY: help run test e2e check bench soak install
.DEFAULT_GOAL := help

help:
	@echo 'make run       set up, build, serve on http://localhost:8080; more flags of skein serve: make run ARGS="--udp 0.0.0.0:3479"'
	@echo 'make test      before a push: every test, both stores, one browser, all checks'
	@echo 'make e2e       all browsers, namespaces (root), speech, kills, fuzzing, licences, programs of other makers'
	@echo 'make check     format, lints, walls between the crates'
	@echo 'make bench     messages, polls, groups, sign-ins, idle people, calls, the relay; beside ejabberd, coturn and turn-rs where they are installed'
	@echo 'make soak      the long runs: a call of 30 minutes whose path is cut, 500 kills, every fuzz target; root for the namespaces'
	@echo 'make install   an optimised skein in $(PREFIX)/bin, for root as a service of systemd; PREFIX=DIR for another place'

run:
	@ci/start $(ARGS)

test:
	@ci/test

e2e:
	@ci/e2e

check:
	@ci/setup test
	@ci/check

bench:
	@ci/bench

soak:
	@ci/soak

install:
	@ci/install '$(PREFIX)' '$(DESTDIR)'
