-- A node is alive, and hears that its channel works. KEYS: the nodes by the time until which they are taken for alive.
-- ARGV: the node, milliseconds that it is taken for alive from now on, its channel, whether it is new.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local good_until = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[4] == '0' and (not good_until or tonumber(good_until) < now) then
  -- It was taken for dead: others may have given its seats away.
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PUBLISH', ARGV[3], '')
return 1
