package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.chain.Descriptors;
import org.postern.chain.Ended;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Octets;
import org.postern.tcp.TestingWire;

class QmailPopupCommandTest {
    private final List<Duration> pauses = new ArrayList<>();
    private final List<Tool.Invocation> started = new ArrayList<>();

    @Test
    void withoutHostOrSubprogramItSaysItsUsage() throws IOException {
        for (String[] argv : List.of(new String[] {"qmail-popup"}, new String[] {"qmail-popup", "h"})) {
            TestingCall call = TestingCall.stdin("QUIT\r\n");
            assertThat(call.run(popup(0), argv)).isEqualTo(Tool.Exit.code(1));
            assertThat(call.stdout()).isEqualTo("-ERR usage: popup hostname subprogram\r\n");
            assertThat(call.stderr()).isEmpty();
        }
    }

    @Test
    void subprogramGetsUserPasswordAndTimestamp() throws IOException {
        TestingCall call = login("ptest", "secret").env("TCPREMOTEIP", "192.0.2.7");
        assertThat(call.run(popup(0), argv("h.example"))).isEqualTo(Tool.Exit.code(0));
        Tool.Invocation child = started.getFirst();
        assertThat(child.args().values()).containsExactly("checkpassword", "qmail-pop3d", "Maildir");
        assertThat(child.env().get("TCPREMOTEIP")).isEqualTo("192.0.2.7");
        String timestamp =
                call.stdout().substring("+OK ".length(), call.stdout().indexOf('\r'));
        assertThat(timestamp).matches("<\\d+\\.4711\\.\\d+@h\\.example>");
        assertThat(Octets.of(child.fds().input(3).readAllBytes())).isEqualTo("ptest\0secret\0" + timestamp + "\0");
    }

    @Test
    void apopDigestStandsInThePasswordsPlace() throws IOException {
        TestingCall.stdin("APOP ptest c4c9334bac560ecc979e58001b3e22fb\r\n").run(popup(0), argv("h"));
        assertThat(Octets.of(started.getFirst().fds().input(3).readAllBytes()))
                .startsWith("ptest\0c4c9334bac560ecc979e58001b3e22fb\0<");
    }

    @Test
    void successIsLoggedWithUserAndAddressAndNothingIsAdded() throws IOException {
        TestingCall call = login("ptest", "secret").env("TCPREMOTEIP", "192.0.2.7");
        assertThat(call.run(popup(0), argv("h"))).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr()).isEqualTo("qmail-popup[4711]: login user=ptest ip=192.0.2.7\n");
        assertThat(call.stdout()).endsWith("@h>\r\n+OK \r\n");
    }

    /** Descriptor 3 is closed when the password was proved: not at the session's end, and told once. */
    @Test
    void successIsLoggedBeforeTheSessionBegins() throws IOException {
        TestingCall call = login("ptest", "secret").env("TCPREMOTEIP", "192.0.2.7");
        List<String> atStart = new ArrayList<>();
        QmailPopup popup = new QmailPopup(
                c -> {
                    proved(c);
                    atStart.add(call.stderr());
                    return new Ended.Exited(0);
                },
                (c, subprogram) -> true,
                pauses::add);
        call.run(popup, argv("h"));
        assertThat(atStart).containsExactly("qmail-popup[4711]: login user=ptest ip=192.0.2.7\n");
        assertThat(call.stderr()).isEqualTo(atStart.getFirst());
    }

    /** A session that ends badly is no failed login, and makes nobody wait. */
    @ParameterizedTest
    @CsvSource({
        "1,session ended user=ptest ip=192.0.2.7 exit=1,-ERR authorization failed",
        "111,warning: session exited 111: user=ptest ip=192.0.2.7,'-ERR [SYS/TEMP] temporary trouble, please try again later'"
    })
    void sessionThatFailsBehindALoginIsTold(int code, String line, String answer) throws IOException {
        TestingCall call = login("ptest", "secret").env("TCPREMOTEIP", "192.0.2.7");
        QmailPopup popup = new QmailPopup(
                c -> {
                    proved(c);
                    return new Ended.Exited(code);
                },
                (c, subprogram) -> true,
                pauses::add);
        assertThat(call.run(popup, argv("h"))).isEqualTo(Tool.Exit.code(1));
        assertThat(call.stdout()).endsWith(answer + "\r\n");
        assertThat(call.stderr())
                .isEqualTo("qmail-popup[4711]: login user=ptest ip=192.0.2.7\nqmail-popup[4711]: " + line + "\n");
        assertThat(pauses).isEmpty();
    }

    private static void proved(Tool.Invocation call) {
        ((Descriptors.Other.Data) call.fds().others().get(3)).leftBehind().run();
    }

    @ParameterizedTest
    @CsvSource({"1,''", "2,' exit=2'", "100,' exit=100'", "255,' exit=255'"})
    void refusalIsLoggedWithoutThePassword(int code, String ending) throws IOException {
        TestingCall call = login("ptest", "geheim").env("TCPREMOTEIP", "192.0.2.7");
        assertThat(call.run(popup(code), argv("h"))).isEqualTo(Tool.Exit.code(1));
        assertThat(call.stdout()).endsWith("-ERR authorization failed\r\n");
        assertThat(call.stderr()).isEqualTo("qmail-popup[4711]: login failed user=ptest ip=192.0.2.7" + ending + "\n");
    }

    @Test
    void exit111IsTemporary() throws IOException {
        TestingCall call = login("ptest", "secret");
        assertThat(call.run(popup(111), argv("h"))).isEqualTo(Tool.Exit.code(1));
        assertThat(call.stdout()).endsWith("-ERR [SYS/TEMP] temporary trouble, please try again later\r\n");
        assertThat(call.stderr())
                .isEqualTo(
                        "qmail-popup[4711]: warning: login not decided, subprogram exited 111: user=ptest ip=unknown\n");
    }

    @Test
    void crashIsTold() throws IOException {
        TestingCall call = login("ptest", "secret");
        QmailPopup popup = new QmailPopup(c -> new Ended.Signalled(11), (c, subprogram) -> true, pauses::add);
        assertThat(call.run(popup, argv("h"))).isEqualTo(Tool.Exit.code(1));
        assertThat(call.stdout()).endsWith("-ERR aack, child crashed\r\n");
        assertThat(call.stderr()).contains("crashed with signal 11");
    }

    @ParameterizedTest
    @ValueSource(strings = {"QUIT\r\n", "", "USER a\r\n", "USER a"})
    void clientThatLeavesBeforeTheLoginIsAFailure(String input) throws IOException {
        TestingCall call = TestingCall.stdin(input);
        assertThat(call.run(popup(0), argv("h"))).isEqualTo(Tool.Exit.code(1));
        assertThat(started).isEmpty();
        assertThat(call.stderr()).isEmpty();
    }

    @Test
    void userNameInTheLogIsOneHarmlessWord() throws IOException {
        TestingCall call = login("a\tb user=root\u001b[2J\u00e9" + "x".repeat(500), "p");
        call.run(popup(1), argv("h"));
        assertThat(call.stderr())
                .matches(
                        "qmail-popup\\[4711]: login failed user=a\\?b\\?user=root\\?\\[2J\\?x{238}\\.\\.\\. ip=unknown\n");
    }

    @Test
    void repeatedFailuresOfAnAddressWaitForTheirAnswer() throws IOException {
        QmailPopup popup = popup(1);
        for (int i = 0; i < 6; i++) {
            login("ptest", "wrong").env("TCPREMOTEIP", "192.0.2.7").run(popup, argv("h"));
        }
        assertThat(pauses.stream().map(Duration::toSeconds)).containsExactly(0L, 0L, 0L, 1L, 2L, 4L);
    }

    @Test
    void nothingBehindPassIsTakenFromAForeignProgram() throws IOException {
        TestingWire wire = TestingWire.sending("USER a\r\nPASS b\r\nSTAT\r\n");
        QmailPopup popup = new QmailPopup(
                c -> {
                    assertThat(c.fds().connection().buffered()).isZero();
                    started.add(c);
                    return new Ended.Exited(0);
                },
                (c, subprogram) -> !subprogram.equals(List.of("checkpassword", "qmail-pop3d", "Maildir")));
        TestingCall.wire(wire).run(popup, argv("h"));
        byte[] rest = new byte[100];
        int octets = wire.read(rest, 0, rest.length, Duration.ofSeconds(1));
        assertThat(started).hasSize(1);
        assertThat(Octets.of(rest, 0, octets)).isEqualTo("STAT\r\n");
    }

    private QmailPopup popup(int code) {
        return new QmailPopup(
                call -> {
                    started.add(call);
                    return new Ended.Exited(code);
                },
                (call, subprogram) -> true,
                pauses::add);
    }

    private static TestingCall login(String user, String password) {
        return TestingCall.stdin("USER " + user + "\r\nPASS " + password + "\r\n");
    }

    private static String[] argv(String host) {
        return new String[] {"qmail-popup", host, "checkpassword", "qmail-pop3d", "Maildir"};
    }
}
