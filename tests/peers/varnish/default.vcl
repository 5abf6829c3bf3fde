vcl 4.1;
backend service {
    .host = "127.0.0.1";
    .port = "$service";
    .connect_timeout = 1s;
    .first_byte_timeout = 1s;
    .between_bytes_timeout = 1s;
}
sub vcl_recv {
    set req.http.X-Arrival = req.xid;
}
