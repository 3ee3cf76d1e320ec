<?php
// An endpoint as a PHP programmer writes it: SoapServer from the WSDL, one function.
class Subscriber
{
    public function Notify($request)
    {
        $changes = $request->notification->changes->NotifiedChange;
        foreach (is_array($changes) ? $changes : [$changes] as $change) {
            file_put_contents(getenv('NOTES'), json_encode([$change->sequence, $change->kind, $change->entity, $change->id,
                $change->version, $change->values->NotifiedValue->value ?? null], JSON_UNESCAPED_UNICODE) . "\n", FILE_APPEND);
        }
        return ['ack' => true];
    }
}

if ($_SERVER['REQUEST_METHOD'] == 'POST') {
    $server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE]);
    $server->setClass('Subscriber');
    $server->handle();
}
