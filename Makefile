# OnboardAI. `make run` and `make test` install what is missing; the work is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help setup run test test-cluster check-deploy bench bench-documents bench-screening bench-cluster bench-load page-weight lint deny fmt clean-data

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything that any of these needs
	@scripts/setup all

run: ## Build and run it, at http://127.0.0.1:3000
	@scripts/run

test: ## Run every check: format, lints, tests, and journeys in a browser
	@scripts/test

test-cluster: ## Run the tests against real Kafka brokers, DynamoDB Local and SNS
	@scripts/test-cluster

check-deploy: ## Check the configurations and templates of deploy/
	@scripts/check-deploy

bench: ## Measure it, against a release build
	@scripts/bench

bench-documents: ## Measure how well and how fast documents are read
	@scripts/bench-documents --half report --seeds 30 --check

bench-screening: ## Measure how well and how fast people are screened against lists
	@scripts/bench-screening --half report

bench-cluster: ## Measure the same on a real cluster
	@scripts/bench --stack cluster

bench-load: ## Load two instances on a real cluster, and check every delivery
	@scripts/bench load --stack cluster

page-weight: ## Build the page as for a release, and say what it weighs
	@scripts/page-weight

lint: ## Check the format and the lints
	@scripts/setup test
	@scripts/lint

deny: ## Check licences, sources and known vulnerabilities of the dependencies
	@scripts/deny

fmt: ## Format the code
	@cargo fmt --all

clean-data: ## Delete the data of the embedded stack under ./data
	@rm -rf data
