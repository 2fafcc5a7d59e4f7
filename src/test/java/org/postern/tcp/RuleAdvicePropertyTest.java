package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.postern.file.CdbWriter;

/** Whatever is looked for is never called useless, for any connection; and no line makes the parser throw. */
class RuleAdvicePropertyTest {
    @Provide
    Arbitrary<String> hosts() {
        return Arbitraries.strings()
                .withChars("abz09-_")
                .ofMinLength(1)
                .ofMaxLength(5)
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(labels -> String.join(".", labels));
    }

    @Provide
    Arbitrary<String> infos() {
        return Arbitraries.strings().withChars("joe@=.:1").ofMaxLength(6);
    }

    /** Many zeros. */
    @Provide
    Arbitrary<List<Integer>> groups() {
        return Arbitraries.oneOf(Arbitraries.just(0), Arbitraries.integers().between(0, 0xffff))
                .list()
                .ofSize(8);
    }

    @Property(tries = 500)
    void noIpv4RuleThatCanMatchIsWarnedOf(
            @ForAll byte[] anything, @ForAll("hosts") String host, @ForAll("infos") String info) {
        byte[] octets = Arrays.copyOf(anything, 4);
        assertNoneIsWarnedOf(RuleOrder.addresses(IpAddress.ofOctets(octets).toString(), host, info));
    }

    @Property(tries = 500)
    void noIpv6RuleThatCanMatchIsWarnedOf(
            @ForAll("groups") @Size(8) List<Integer> groups, @ForAll("infos") String info) {
        byte[] octets = new byte[16];
        for (int i = 0; i < 8; i++) {
            octets[2 * i] = (byte) (groups.get(i) >> 8);
            octets[2 * i + 1] = (byte) (int) groups.get(i);
        }
        IpAddress address = IpAddress.ofOctets(octets);
        Collection<String> order = RuleOrder.addresses(address.toString(), null, info);
        assertNoneIsWarnedOf(order);
        if (address.isV6()) {
            // tcprules takes them, too.
            for (String key : RuleOrder.addresses(address.toString(), null, null)) {
                assertThat(RuleLine.parse(key + ":allow"))
                        .isInstanceOfSatisfying(
                                RuleLine.Records.class,
                                rule -> assertThat(rule.keys()).containsExactly(key));
            }
        }
    }

    private static void assertNoneIsWarnedOf(Collection<String> order) {
        for (String address : order) {
            RuleLine.Records rule = new RuleLine.Records("", address, List.of(address), "");
            assertThat(RuleAdvice.whyNever(rule)).as(address).isEmpty();
        }
    }

    @Property(tries = 2000)
    void everyLineIsOneOfTheFour(@ForAll("lines") String line) throws IOException {
        try (CdbWriter nowhere = CdbWriter.create(Path.of("/dev/null"))) {
            new RuleCompiler(nowhere, warning -> assertThat(warning).startsWith("line 1 ")).add(line);
        }
        switch (RuleLine.parse(line)) {
            case RuleLine.Nothing nothing ->
                assertThat(line.isBlank() || line.startsWith("#")).isTrue();
            case RuleLine.NoColon noColon -> assertThat(line).doesNotContain(":");
            case RuleLine.Records rule -> {
                assertThat(rule.keys()).hasSizeLessThanOrEqualTo(256);
                assertThat(RuleAdvice.whyNever(rule)).isNotNull();
            }
            case RuleLine.Unparsable(String text) -> assertThat(line).startsWith(text);
        }
    }

    @Provide
    Arbitrary<String> lines() {
        Arbitrary<String> pieces = Arbitraries.of(
                "10.",
                "1.2.3.4",
                "-",
                "0",
                "255",
                "300",
                ":",
                "::",
                "allow",
                "deny",
                ",",
                "A=",
                "\"",
                "x",
                "=",
                "@",
                "#",
                " ",
                "\t",
                "\r",
                "\0",
                "/",
                "2001:db8",
                "RELAYCLIENT=\"\"",
                ".example.com",
                "\u00e9");
        return pieces.list().ofMaxSize(10).map(list -> String.join("", list));
    }
}
