// Debian's libqpdf.a asks GnuTLS for hashes and ciphers, which only encrypted files need, and those are refused
// (document.h). These stand in for the ten functions, each saying that it cannot, so that the program is static without
// a TLS library that it would never use.
extern "C" {

constexpr int kUnimplemented = -1250;  // GNUTLS_E_UNIMPLEMENTED_FEATURE

int gnutls_hash_init(void**, int);
int gnutls_hash(void*, const void*, unsigned long);
void gnutls_hash_deinit(void*, void*);
int gnutls_cipher_init(void**, int, const void*, const void*);
int gnutls_cipher_encrypt2(void*, const void*, unsigned long, void*, unsigned long);
int gnutls_cipher_decrypt2(void*, const void*, unsigned long, void*, unsigned long);
void gnutls_cipher_deinit(void*);
unsigned long gnutls_cipher_get_key_size(int);
int gnutls_rnd(int, void*, unsigned long);
const char* gnutls_strerror(int);

int gnutls_hash_init(void**, int) { return kUnimplemented; }
int gnutls_hash(void*, const void*, unsigned long) { return kUnimplemented; }
void gnutls_hash_deinit(void*, void*) {}
int gnutls_cipher_init(void**, int, const void*, const void*) { return kUnimplemented; }
int gnutls_cipher_encrypt2(void*, const void*, unsigned long, void*, unsigned long) { return kUnimplemented; }
int gnutls_cipher_decrypt2(void*, const void*, unsigned long, void*, unsigned long) { return kUnimplemented; }
void gnutls_cipher_deinit(void*) {}
unsigned long gnutls_cipher_get_key_size(int) { return 0; }
int gnutls_rnd(int, void*, unsigned long) { return kUnimplemented; }
const char* gnutls_strerror(int) { return "encrypted files are not read"; }
}
