#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ui/sha256.h"

static void the_examples_of_fips_180_4_come_out(void **state)
{
	(void)state;
	char out[SHA256_HEX];

	assert_string_equal(sha256_hex(SLICE(""), out),
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(sha256_hex(SLICE("abc"), out),
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(sha256_hex(SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), out),
	                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_a_in_pieces_of_any_size_come_out(void **state)
{
	(void)state;
	static const unsigned char expected[] = {0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92, 0x81, 0xa1, 0xc7,
	                                         0xe2, 0x84, 0xd7, 0x3e, 0x67, 0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97,
	                                         0x20, 0x0e, 0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0};
	unsigned char out[SHA256_BYTES];
	struct sha256 h;
	char a[257];

	memset(a, 'a', sizeof a);
	sha256_init(&h);
	for (size_t left = 1000000, piece = 1; left; piece = piece % sizeof a + 1) {
		size_t n = piece < left ? piece : left;
		sha256_add(&h, slice_of(a, n));
		left -= n;
	}
	sha256_end(&h, out);
	assert_memory_equal(out, expected, sizeof out);
}

static void base64_is_that_of_the_same_bytes(void **state)
{
	(void)state;
	char out[SHA256_BASE64];

	assert_string_equal(sha256_base64(SLICE("abc"), out), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_fips_180_4_come_out),
	    cmocka_unit_test(a_million_a_in_pieces_of_any_size_come_out),
	    cmocka_unit_test(base64_is_that_of_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
