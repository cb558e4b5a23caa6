package redis

import goredis "github.com/redis/go-redis/v9"

// Each script is one atomic step. Times are whole microseconds, which Lua's numbers hold
// exactly; they come from the caller, so that tests can bring a clock. The expiry of keys
// is Redis' own and only tidies up: what counts is the time written inside.
//
//	session:<sha256 of the token>  hash: person, id, device, created, seen, expires,
//	                               works (1 of who works here), factor (when it was given),
//	                               kind (desktop)
//	sessions:<person>              hash: id → key of the session
//	desktop:<sha256 of the key>    hash: secret (its sha256), state, person, browser, ip, asked, expires
//	limit:<name>:<person or ip>    string: when the counted requests will be worked off
const limitKey = "limit:"

// taken counts one request and returns 0, or how long to wait. The key lives for keep
// milliseconds, which is longer than it means anything. A count that lies further
// ahead than a full burst was made by a clock that has since been set back: it starts anew, so
// that nobody waits for the clock to catch up.
const gcra = `
local function taken(key, now, step, burst, keep)
  local due = tonumber(redis.call('GET', key)) or 0
  if due < now or due > now + step * burst then due = now end
  due = due + step
  local wait = due - step * burst - now
  if wait > 0 then return wait end
  redis.call('SET', key, string.format('%.0f', due), 'PX', keep)
  return 0
end
`

var allow = goredis.NewScript(gcra + `
return taken(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4])
`)

// gate answers requests of one moment, a session's key in KEYS and six values in ARGV for
// each: now, then name, step, burst, life and ip of its limit, the name "" for none. An
// answer is {0} no session, {1, person, id, works, seen before, factor} pass, {2, wait} over
// the limit, or that one's own error. A session is written only when its use is older than
// slide, or than brisk where somebody works; it then lives for life, or for shift.
var gate = goredis.NewScript(gcra + `
local life, slide, shift, brisk = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function pass(key, at, name, step, burst, keep, ip)
  local now = tonumber(at)
  if name ~= '' and ip ~= '' then
    local wait = taken('limit:' .. name .. ':' .. ip, now, tonumber(step), tonumber(burst), keep)
    if wait > 0 then return {2, wait} end
  end
  local s = redis.call('HMGET', key, 'person', 'id', 'seen', 'expires', 'works', 'factor')
  if not s[1] then return {0} end
  if tonumber(s[4]) <= now then
    redis.call('DEL', key)
    redis.call('HDEL', 'sessions:' .. s[1], s[2])
    return {0}
  end
  if name ~= '' and ip == '' then
    local wait = taken('limit:' .. name .. ':' .. s[1], now, tonumber(step), tonumber(burst), keep)
    if wait > 0 then return {2, wait} end
  end
  local life, slide, long = life, slide, life
  if s[5] == '1' then life, slide = shift, brisk end
  if now - tonumber(s[3]) > slide then
    redis.call('HSET', key, 'seen', at, 'expires', string.format('%.0f', now + life))
    redis.call('PEXPIRE', key, string.format('%.0f', life / 1000))
    redis.call('PEXPIRE', 'sessions:' .. s[1], string.format('%.0f', long / 1000))
  end
  return {1, s[1], s[2], s[5] or '', s[3], s[6] or ''}
end
local answers = {}
for i, key in ipairs(KEYS) do
  local a = 6 * i - 1
  local ok, answer = pcall(pass, key, ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5])
  if not ok then answer = {err = type(answer) == 'table' and answer.err or answer} end
  answers[i] = answer
end
return answers
`)

// create also drops what has ended from the index and, beyond the most a person may have,
// the session unused for longest. The index lives as long as the longest session can.
var create = goredis.NewScript(`
local now, person, id, device, life, most, works, long = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local live = {}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local s = redis.call('HMGET', all[i + 1], 'seen', 'expires')
  if s[1] and tonumber(s[2]) > tonumber(now) then
    live[#live + 1] = {tonumber(s[1]), all[i], all[i + 1]}
  else
    redis.call('DEL', all[i + 1])
    redis.call('HDEL', KEYS[2], all[i])
  end
end
table.sort(live, function(a, b) return a[1] < b[1] end)
for i = 1, #live - most + 1 do
  redis.call('DEL', live[i][3])
  redis.call('HDEL', KEYS[2], live[i][2])
end
redis.call('HSET', KEYS[1], 'person', person, 'id', id, 'device', device, 'created', now, 'seen', now,
  'expires', string.format('%.0f', tonumber(now) + life), 'works', works)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life / 1000))
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'kind', ARGV[9]) end
redis.call('HSET', KEYS[2], id, KEYS[1])
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', long / 1000))
return 1
`)

// working notes whether a session's person works here, and gives it that life from now on. A
// desktop is for who works here: it ends.
var working = goredis.NewScript(`
local now, life = ARGV[1], tonumber(ARGV[3])
if ARGV[2] ~= '1' and redis.call('HGET', KEYS[1], 'kind') == 'desktop' then return redis.call('DEL', KEYS[1]) end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'works', ARGV[2], 'seen', now, 'expires', string.format('%.0f', tonumber(now) + life))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life / 1000))
return 1
`)

// factorGiven notes when the second factor was given.
var factorGiven = goredis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'factor', ARGV[1])
return 1
`)

var list = goredis.NewScript(`
local rows = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local s = redis.call('HMGET', all[i + 1], 'device', 'created', 'seen', 'expires', 'kind')
  if s[4] and tonumber(s[4]) > tonumber(ARGV[1]) then
    rows[#rows + 1] = {all[i], s[1], s[2], s[3], s[5] or ''}
  end
end
return rows
`)

var revoke = goredis.NewScript(`
local key = redis.call('HGET', KEYS[1], ARGV[1])
if not key then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('DEL', key)
`)

var revokeAll = goredis.NewScript(`
for _, key in ipairs(redis.call('HVALS', KEYS[1])) do redis.call('DEL', key) end
return redis.call('DEL', KEYS[1])
`)

var logout = goredis.NewScript(`
local s = redis.call('HMGET', KEYS[1], 'person', 'id')
if s[1] then redis.call('HDEL', 'sessions:' .. s[1], s[2]) end
return redis.call('DEL', KEYS[1])
`)

// desktop is what the steps of a desktop's code begin with: its state now. What ran out
// is expired, whatever it was; an answered code that is over stays what it is.
const desktop = `
local now = tonumber(ARGV[1])
local d = redis.call('HMGET', KEYS[1], 'state', 'person', 'secret', 'expires', 'browser', 'ip', 'asked', 'unfit')
local state = d[1] or 'expired'
if d[1] and now >= tonumber(d[4]) and (state == 'waiting' or state == 'scanned' or state == 'confirmed') then state = 'expired' end
`

var desktopAsk = goredis.NewScript(`
local expires = tonumber(ARGV[1]) + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'state', 'waiting', 'secret', ARGV[4], 'browser', ARGV[5], 'ip', ARGV[6], 'asked', ARGV[1],
  'expires', string.format('%.0f', expires))
return redis.call('PEXPIRE', KEYS[1], string.format('%.0f', tonumber(ARGV[2]) / 1000 * 3 + tonumber(ARGV[3])))
`)

// desktopScan gives the person a time of their own to read what they are asked.
var desktopScan = goredis.NewScript(desktop + `
if state == 'waiting' then
  d[4] = string.format('%.0f', now + tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'state', 'scanned', 'person', ARGV[2], 'expires', d[4])
elseif state ~= 'expired' and d[2] ~= ARGV[2] then
  return {'foreign'}
elseif state ~= 'scanned' then
  return {state}
end
return {'scanned', d[5], d[6], d[7], d[4]}
`)

// desktopUnfit notes that somebody scanned a code who cannot let it in. The code goes on
// waiting for who can.
var desktopUnfit = goredis.NewScript(desktop + `
if state == 'waiting' then redis.call('HSET', KEYS[1], 'unfit', '1') end
return {state}
`)

var desktopAnswer = goredis.NewScript(desktop + `
if state == 'expired' then return {state} end
if d[2] ~= ARGV[2] then return {'foreign'} end
if state == 'used' then return {state, 'mine'} end
if state ~= 'scanned' then return {state} end
redis.call('HSET', KEYS[1], 'state', ARGV[4], 'expires', string.format('%.0f', now + tonumber(ARGV[3])))
return {ARGV[4]}
`)

var desktopPoll = goredis.NewScript(desktop + `
if d[3] and d[3] ~= ARGV[2] then return {'foreign'} end
if state == 'waiting' and d[8] then return {'unfit'} end
if state ~= 'confirmed' then return {state} end
redis.call('HSET', KEYS[1], 'state', 'used')
return {state, d[2]}
`)

// invalidate removes a token, or a lock, unless another has taken its place.
var invalidate = goredis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)
