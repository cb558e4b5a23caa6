# 温馨小屋。常用：make run（启动整套开发环境）、make test（全部检查）。
GO ?= go
.DEFAULT_GOAL := help
.PHONY: help run test e2e bench faults build lint openapi schema tables clean runner

help: ## 列出这些命令
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## /  make \1|/' | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

# The runner is built and then started as itself: `go run` would not hand it the signals.
runner:
	@mkdir -p .run && $(GO) build -o .run/cabindev ./server/cmd/cabindev

run: runner ## 启动整套开发环境（数据在 .run/，WARMCABIN_PORT 换端口）
	@.run/cabindev run

test: runner ## 运行全部检查
	@.run/cabindev test

e2e: runner ## 只运行浏览器故事
	@.run/cabindev e2e

bench: runner ## 测量速度和内存，结果写入 bench.json（SCALE=full 另测大量数据）
	@.run/cabindev stores
	@$(GO) build -o .run/warmcabin-bench ./server/bench
	@SCALE=$(SCALE) .run/warmcabin-bench

faults: runner ## 在负载下反复杀掉服务器、后台任务、数据库、Redis，再核对有没有丢失或重复（ROUNDS=24，约五分钟）
	@.run/cabindev stores
	@$(GO) build -o .run/warmcabin-faults ./server/faults
	@.run/warmcabin-faults -rounds $(or $(ROUNDS),24)

build: runner ## 构建正式版：.run/build/ 里的 warmcabin 和字体，miniprogram/dist/build/h5
	@.run/cabindev client
	@mkdir -p .run/build/fonts
	cp miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/*/NotoSansSC_400Regular.ttf miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/*/NotoSansSC_700Bold.ttf .run/build/fonts/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o .run/build/warmcabin ./server/cmd/warmcabin

lint: ## 格式、vet、staticcheck 和客户端规范
	@test -z "$$(gofmt -l server sql)" || { gofmt -l server sql; echo '请运行 gofmt -w'; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	cd miniprogram && npm run lint && npm run typecheck

openapi: ## 由 Go 类型重新生成 server/api/openapi.yaml 和客户端的类型
	@mkdir -p .run
	$(GO) run ./server/cmd/warmcabin openapi > .run/openapi.yaml && mv .run/openapi.yaml server/api/openapi.yaml
	cd miniprogram && npm run openapi

schema: ## 由迁移脚本重新生成 sql/schema.sql
	$(GO) test ./server/mysql -run TestSchemaDump -count=1 -update

tables: ## 由流转规则重新生成 server/ARCHITECTURE.md 里的民情流转表
	$(GO) test ./server/cabin -run TestArchitectureShowsTheReportTable -count=1 -update

clean: ## 删除 .run/（含开发数据）和客户端的构建结果
	@if command -v flock >/dev/null && [ -e .run/run.lock ] && ! flock -n .run/run.lock true; then echo '请先停止 make run'; exit 1; fi
	rm -rf .run miniprogram/dist miniprogram/test-results miniprogram/playwright-report
