package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Args;

class TcpserverOptionsTest {
    private static TcpserverOptions parse(String... arguments) throws TcpserverOptions.Misused {
        return TcpserverOptions.parse(List.of(arguments), "65534", "12x");
    }

    /** The value of a component behind these options. */
    private static <T> T with(Function<TcpserverOptions, T> component, String... options)
            throws TcpserverOptions.Misused {
        List<String> line = new ArrayList<>(List.of(options));
        line.addAll(List.of("0", "25", "program"));
        return component.apply(parse(line.toArray(String[]::new)));
    }

    @Test
    void defaults() throws TcpserverOptions.Misused {
        assertThat(parse("127.0.0.1", "smtp", "program", "-v", ""))
                .isEqualTo(new TcpserverOptions(
                        1,
                        true,
                        false,
                        true,
                        Duration.ofSeconds(26),
                        Optional.empty(),
                        0,
                        0,
                        40,
                        1024,
                        Optional.empty(),
                        false,
                        "",
                        false,
                        true,
                        false,
                        false,
                        Optional.empty(),
                        "127.0.0.1",
                        "smtp",
                        Args.of("program", "-v", "")));
    }

    @Test
    void eachOptionSetsItsOwn() throws TcpserverOptions.Misused {
        assertThat(with(TcpserverOptions::verbosity, "-q")).isZero();
        assertThat(with(TcpserverOptions::verbosity, "-v")).isEqualTo(2);
        assertThat(with(TcpserverOptions::verbosity, "-v", "-Q")).isEqualTo(1);
        assertThat(with(TcpserverOptions::lookUpHost, "-H")).isFalse();
        assertThat(with(TcpserverOptions::lookUpHost, "-Hh")).isTrue();
        assertThat(with(TcpserverOptions::paranoid, "-p")).isTrue();
        assertThat(with(TcpserverOptions::paranoid, "-pP")).isFalse();
        assertThat(with(TcpserverOptions::lookUpInfo, "-R")).isFalse();
        assertThat(with(TcpserverOptions::lookUpInfo, "-Rr")).isTrue();
        assertThat(with(TcpserverOptions::infoLimit, "-t7")).isEqualTo(Duration.ofSeconds(7));
        assertThat(with(TcpserverOptions::localName, "-l", "")).contains("");
        assertThat(with(TcpserverOptions::limit, "-c", "3x")).isEqualTo(3);
        assertThat(with(TcpserverOptions::backlog, "-b5")).isEqualTo(5);
        assertThat(with(TcpserverOptions::rules, "-x", "-v")).contains("-v");
        assertThat(with(TcpserverOptions::rulesMayMiss, "-X")).isTrue();
        assertThat(with(TcpserverOptions::banner, "-Bone", "-B", "t\u00e9")).isEqualTo("t\u00e9");
        assertThat(with(TcpserverOptions::printPort, "-1")).isTrue();
        assertThat(with(TcpserverOptions::killIpOptions, "-o")).isFalse();
        assertThat(with(TcpserverOptions::killIpOptions, "-Oo")).isFalse();
        assertThat(with(TcpserverOptions::noDelay, "-D")).isTrue();
        assertThat(with(TcpserverOptions::noDelay, "-Dd")).isFalse();
        assertThat(with(TcpserverOptions::alwaysV6, "-6")).isTrue();
        assertThat(with(TcpserverOptions::networkInterface, "-I", "eth0")).contains("eth0");
    }

    @ParameterizedTest
    @CsvSource({"-u1,1,0", "-g2,0,2", "-U,65534,12", "-u7 -U,65534,12", "-U -g0,65534,0"})
    void idsGoByTheLastWord(String options, int uid, int gid) throws TcpserverOptions.Misused {
        assertThat(with(TcpserverOptions::uid, options.split(" "))).isEqualTo(uid);
        assertThat(with(TcpserverOptions::gid, options.split(" "))).isEqualTo(gid);
    }

    /** An empty one comes of {@code -u "$(id -u nobody)"} where that account is missing; 0 would leave it root. */
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "4294967295", "4294967296", "99999999999999999999"})
    void anIdThatIsNoNumberIsRefused(String id) {
        for (String option : List.of("-u", "-g")) {
            assertThatExceptionOfType(TcpserverOptions.Misused.class)
                    .isThrownBy(() -> parse("-q", option, id, "0", "25", "program"))
                    .withMessage("tcpserver: fatal: " + option + " has no number: \"" + id + "\"")
                    .satisfies(e -> assertThat(e.said).isTrue());
        }
        assertThatExceptionOfType(TcpserverOptions.Misused.class)
                .isThrownBy(() -> TcpserverOptions.parse(List.of("-U", "0", "25", "program"), id, "1"));
    }

    @Test
    void numbersAreReadWhole() throws TcpserverOptions.Misused {
        assertThat(with(TcpserverOptions::uid, "-u4294967294")).isEqualTo((int) 4294967294L);
        assertThat(with(TcpserverOptions::gid, "-g1234567890")).isEqualTo(1234567890);
        assertThat(with(TcpserverOptions::limit, "-c99999999999999999999")).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void whereOptionsEnd() throws TcpserverOptions.Misused {
        assertThat(parse("-vq", "-", "25", "program").host()).isEqualTo("-");
        assertThat(parse("--", "-v", "25", "program").host()).isEqualTo("-v");
        assertThat(parse("--help", "::1", "25", "program").host()).isEqualTo("::1");
        assertThat(parse("", "25", "program").host()).isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource({
        "'',true,''",
        "0 25,true,''",
        "-q 0 25,false,''",
        "-qZ 0 25 program,true,illegal option -- Z",
        "-vx,true,option requires an argument -- x",
        "-q -l,true,option requires an argument -- l"
    })
    void misuse(String line, boolean said, String why) {
        assertThatExceptionOfType(TcpserverOptions.Misused.class)
                .isThrownBy(() -> parse(line.isEmpty() ? new String[0] : line.split(" ")))
                .withMessage((why.isEmpty() ? "" : "tcpserver: " + why + "\n") + TcpserverOptions.USAGE)
                .satisfies(e -> assertThat(e.said).isEqualTo(said));
    }
}
