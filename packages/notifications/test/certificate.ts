/** For localhost and 127.0.0.1, signed by itself, good for a hundred years. Its key is public: nobody may trust it but tests. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUHNglep/Xh01b2MKuXeHeatkb70YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAwMzkwMVoYDzIxMjYxMDMw
MDAzOTAxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARrSpu+s5nWwcLEh/8qK4Qq0So5vtF4DOqLeu3IqeiAqB3XdEyE6AcJ
jRAFmEtFuapzGq76MKJb7oBZbNbs50J/o28wbTAdBgNVHQ4EFgQUGgzeOe+2hDG5
nNk5m12rE8AvvOQwHwYDVR0jBBgwFoAUGgzeOe+2hDG5nNk5m12rE8AvvOQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAKyvsUfKjmCcX14Bs6gtNDVN0h6OgXH/7oGZLk1akzXMAiEA
oTrul4bD3AxPridPmVn4qnlC8BV+Fbbg4eatfUj6I/U=
-----END CERTIFICATE-----
`;

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3l5M6UC07Ti8MeyB
/85+G5JmF1Qmrt5JEgne9yw/zoqhRANCAARrSpu+s5nWwcLEh/8qK4Qq0So5vtF4
DOqLeu3IqeiAqB3XdEyE6AcJjRAFmEtFuapzGq76MKJb7oBZbNbs50J/
-----END PRIVATE KEY-----
`;
