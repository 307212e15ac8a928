-- A room, with those of its nodes that are dead. KEYS: the room, the nodes.
local found = redis.call('HMGET', KEYS[1], 'stamp', 'room', 'nodes')
if not found[1] then
  return false
end
local dead = {}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for node in string.gmatch(found[3] or '', '%x+') do
  local good_until = redis.call('ZSCORE', KEYS[2], node)
  if not good_until or tonumber(good_until) < now then
    dead[#dead + 1] = node
  end
end
return { found[1], found[2] or '', dead }
