-- What wrk sends: the same reset as the callers.
wrk.method = "PATCH"
wrk.path = "/applications/abcde12345fghij67890/token"
wrk.body = '{"access_token":"e72e16c7e42f292c6912e7710c838347ae178b4a"}'
wrk.headers["authorization"] = "Basic YWJjZGUxMjM0NWZnaGlqNjc4OTA6YmVuY2gtY2xpZW50LXNlY3JldA=="
wrk.headers["content-type"] = "application/json"
