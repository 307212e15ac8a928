-- A dead node, and some of the rooms in which it had sockets. One without such rooms is forgotten.
-- KEYS: the nodes. ARGV: what the keys of their sets of rooms begin with, how many rooms at most.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now, 'LIMIT', 0, 1)[1]
if not dead then
  return false
end
local rooms = redis.call('SRANDMEMBER', ARGV[1] .. dead, ARGV[2])
if #rooms == 0 then
  redis.call('ZREM', KEYS[1], dead)
end
return { dead, rooms }
