-- wrk ... -s mixed.lua URL -- SEED
--
-- Reads, lists, updates, what does not exist, what is wrong, and XML that is none, mixed: what a
-- server meets in a long life. BENCH_TOKEN and BENCH_IDS are as in contact.lua.
local NAMESPACE = 'urn:svyaz:crm:1:Contact'
local ids, head
local tail = '</soap:Body></soap:Envelope>'
local threads = {}
local random = math.random

function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  math.randomseed(tonumber(arguments[1] or 1))
  ok, bad, sample = 0, 0, ''
  head = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header><Session xmlns="'
    .. NAMESPACE .. '"><token>' .. os.getenv('BENCH_TOKEN') .. '</token></Session></soap:Header><soap:Body>'
  ids = {}
  for line in io.lines(os.getenv('BENCH_IDS')) do ids[#ids + 1] = line end
end

local function operation(name, content)
  return head .. '<' .. name .. ' xmlns="' .. NAMESPACE .. '">' .. content .. '</' .. name .. '>' .. tail
end

local messages = {
  function() return operation('RetrieveContact', '<id>' .. ids[random(#ids)] .. '</id>') end,
  function() return operation('RetrieveContact', '<id>' .. ids[random(#ids)] .. '</id>') end,
  function() return operation('RetrieveContact', '<id>' .. ids[random(#ids)] .. '</id>') end,
  function() return operation('RetrieveMultipleContact', '<query><pageSize>20</pageSize></query>') end,
  function()
    return operation('UpdateContact', '<contact><id>' .. ids[random(#ids)] .. '</id><jobTitle>Job '
      .. random(1000) .. '</jobTitle></contact>')
  end,
  function() return operation('RetrieveContact', '<id>01890000-0000-7000-8000-000000000000</id>') end,
  function() return operation('CreateContact', '<contact><birthDate>1985-04-31</birthDate></contact>') end,
  function() return operation('MarryContact', '') end,
  function() return '<soap:Envelope><broken' end,
}

function request()
  return wrk.format('POST', nil, { ['Content-Type'] = 'text/xml; charset=utf-8' }, messages[random(#messages)]())
end

function response(status, _, body)
  if status == 200 or (status == 500 and body:find('Fault', 1, true) and not body:find('INTERNAL', 1, true)) then
    ok = ok + 1
  else
    bad = bad + 1
    if sample == '' then sample = status .. ' ' .. body:sub(1, 600) end
  end
end

function done(summary, latency)
  local good, wrong, text = 0, 0, ''
  for _, thread in ipairs(threads) do
    good, wrong, text = good + thread:get('ok'), wrong + thread:get('bad'), text .. thread:get('sample')
  end
  io.write(string.format('RESULT ok=%d bad=%d rps=%.1f p50_ms=%.3f p99_ms=%.3f\n', good, wrong,
    good / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000))
  if wrong > 0 then io.write(text .. '\n') end
end
