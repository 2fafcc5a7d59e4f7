package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
    private static IpAddress ip(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** RFC 5952 §4 and §5; a mapped address is the IPv4 one. */
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1,192.0.2.1",
        "0.0.0.0,0.0.0.0",
        "255.255.255.255,255.255.255.255",
        "2001:0DB8:0:0:0:0:2:1,2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1,2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1,2001:db8::1:0:0:1",
        "::,::",
        "::1,::1",
        "1::,1::",
        "0:0:0:0:0:0:0:1,::1",
        "fe80::1%eth0,fe80::1",
        "::ffff:192.0.2.1,192.0.2.1",
        "::FFFF:c000:201,192.0.2.1",
        "64:ff9b::192.0.2.33,64:ff9b::c000:221",
        "1:2:3:4:5:6:7::,1:2:3:4:5:6:7:0"
    })
    void oneTextForEachAddress(String text, String canonical) {
        assertThat(ip(text)).hasToString(canonical);
        assertThat(ip(canonical)).isEqualTo(ip(text)).hasSameHashCodeAs(ip(text));
        assertThat(IpAddress.of(ip(text).inet())).isEqualTo(ip(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "..",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.256",
                "999.999.999.999",
                "01.2.3.4",
                "1.2.3.4 ",
                "1.2.3.+4",
                "1.2..4",
                "localhost",
                ":",
                ":::",
                "1::2::3",
                "12345::",
                "::g",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "::1.2.3",
                "1.2.3.4::",
                "1:2:3:4:5:6:7:1.2.3.4",
                ":1::2",
                "1::2:",
                "\u0661.2.3.4",
                "::\u0661"
            })
    void whatIsNoAddress(String text) {
        assertThat(IpAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7,192.0.2.0,24,true",
        "192.0.3.7,192.0.2.0,24,false",
        "192.0.3.7,192.0.2.0,23,true",
        "192.0.2.7,192.0.2.7,32,true",
        "192.0.2.6,192.0.2.7,32,false",
        "192.0.2.6,203.0.113.1,0,true",
        "192.0.2.6,192.0.2.6,33,false",
        "::1,127.0.0.1,0,false",
        "::ffff:192.0.2.7,192.0.2.0,24,true",
        "2001:db8:0:ff::1,2001:db8::,56,true",
        "2001:db8:0:100::1,2001:db8::,56,false"
    })
    void networks(String address, String network, int prefix, boolean in) {
        assertThat(ip(address).inNetwork(ip(network), prefix)).isEqualTo(in);
    }

    @Test
    void loopback() {
        assertThat(ip("127.255.0.1").isLoopback()).isTrue();
        assertThat(ip("::1").isLoopback()).isTrue();
        assertThat(ip("::ffff:127.0.0.1").isLoopback()).isTrue();
        assertThat(ip("::2").isLoopback()).isFalse();
        assertThat(ip("128.0.0.1").isLoopback()).isFalse();
    }

    @Test
    void octetsAreFourOrSixteen() {
        assertThatIllegalArgumentException().isThrownBy(() -> IpAddress.ofOctets(new byte[5]));
    }
}
