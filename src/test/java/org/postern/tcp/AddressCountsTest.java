package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AddressCountsTest {
    private final AddressCounts counts = new AddressCounts();

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    @Test
    void sessionsAreCountedUntilTheyEnd() {
        assertThat(counts.enter(address("192.0.2.1"))).isEqualTo(1);
        assertThat(counts.enter(address("::ffff:192.0.2.1"))).isEqualTo(2);
        assertThat(counts.enter(address("192.0.2.2"))).isEqualTo(1);
        counts.leave(address("192.0.2.1"));
        assertThat(counts.enter(address("192.0.2.1"))).isEqualTo(2);
        counts.leave(address("192.0.2.1"));
        counts.leave(address("192.0.2.1"));
        assertThat(counts.enter(address("192.0.2.1"))).isEqualTo(1);
    }

    @Test
    void ofIpv6TheNetworkCounts() {
        counts.enter(address("2001:db8::1"));
        assertThat(counts.enter(address("2001:db8::ffff:2"))).isEqualTo(2);
        assertThat(counts.enter(address("2001:db8:0:1::1"))).isEqualTo(1);
    }
}
