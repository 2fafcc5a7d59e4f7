package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingDialogue;
import org.postern.TestingRecords;
import org.postern.TestingRights;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Identity;

/** Every POP dialogue recorded of netqmail-1.06, against ours. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PopRecordsTest {
    private static final Pattern ELIDED = Pattern.compile("(.*)\\.\\.\\.\\[(\\d+) bytes]");
    private static final Pattern GREETING = Pattern.compile("\\+OK <\\d+\\.\\d+\\.\\d+@hoge\\.example\\.com>\r\n");
    private static final String MAILDIR = "Maildir";
    private static final String CLOSED = "closed";
    private static final String SWAPPED = "number 3 was another message";

    /**
     * A deliberate difference.
     *
     * @param title of the case, or its beginning; "" is any
     * @param input what the client had said; for {@link #MAILDIR} the messages below are those that the session
     *     retrieved, or with = those that another session has moved; {@link #CLOSED} is about who closes
     * @param recorded the original's answer; "" is any
     * @param ours our answer
     * @param reason the number in the design's table, and what it says
     */
    private record Difference(String title, String input, String recorded, String ours, String reason) {
        boolean concerns(String aTitle, String anInput, String aRecorded) {
            return aTitle.startsWith(title)
                    && anInput.equals(input)
                    && (recorded.isEmpty() || aRecorded.equals(recorded));
        }
    }

    private static final String SIZES = "21: sizes are octets as sent";
    private static final String NO_BLANK = "21: no blank line is added";
    private static final String ORDER = "23: order by mtime, then name: messages 3 and 4 change places";
    private static final String NUMBERS = "22: numbers are parsed whole";
    private static final String COUNT = "22: TOP needs its count";
    private static final String CAPA = "22: CAPA added";
    private static final String SEEN = "23: only what was retrieved moves to cur, with S";
    private static final String LENGTH = "15: limits on line length";

    private static final String ONE =
            "+OK \r\nSubject: one cur seen\r\n\r\nline1\r\n..dotline\r\n...two\r\nlast no newline\r\n";
    private static final String BLANKS = "+OK \r\nSubject: same mtime as three\r\n\r\n\r\n\r\nblank lines\r\n\r\n.\r\n";
    private static final String THREE = "+OK \r\nSubject: three\r\nX: y\r\n\r\nl1\r\nl2\r\nl3\r\n.\r\n";
    private static final String LISTING = "+OK \r\n1 66\r\n2 28\r\n3 51\r\n4 36\r\n5 0\r\n6 32\r\n7 61\r\n.\r\n";

    private static final List<Difference> DIFFERENCES = List.of(
            // RFC 1939 §7, design: the greeting is <pid.serial.time@host>; matched by GREETING below.
            new Difference(
                    "",
                    "CAPA",
                    "-ERR authorization first\r\n",
                    "+OK \r\nTOP\r\nUSER\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\n.\r\n",
                    CAPA),
            new Difference(
                    "",
                    "CAPA",
                    "-ERR unimplemented\r\n",
                    "+OK \r\nTOP\r\nUSER\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\n.\r\n",
                    CAPA),
            new Difference(
                    "popup: 100k line", "USER " + "u".repeat(100_000), "+OK \r\n", "-ERR line too long\r\n", LENGTH),
            new Difference(
                    "popup: 100k line", "PASS x", "-ERR unable to write pipe\r\n", "-ERR USER first\r\n", LENGTH),
            new Difference("popup: 100k line", CLOSED, "", "by the client", LENGTH),
            new Difference(
                    "popup: pipelined auth+commands",
                    "USER ptest\r\nPASS secret\r\nSTAT\r\nQUIT",
                    "+OK \r\n",
                    "+OK \r\n+OK \r\n+OK 7 274\r\n+OK \r\n",
                    "20: nothing pipelined is lost"),
            new Difference(
                    "checkpassword exits 111",
                    "PASS secret",
                    "-ERR authorization failed\r\n",
                    "-ERR [SYS/TEMP] temporary trouble, please try again later\r\n",
                    "24: exit 111"),
            new Difference(
                    "relay-ctrl-allow exec fails",
                    "PASS secret",
                    "-ERR authorization failed\r\n",
                    "-ERR [SYS/TEMP] temporary trouble, please try again later\r\n",
                    "24: exit 111"),
            new Difference(
                    "pop3d: unreadable message",
                    "STAT",
                    "",
                    "+OK 7 267\r\n",
                    "21: what cannot be read counts as large as its file"),
            new Difference("", "STAT", "+OK 7 249\r\n", "+OK 7 274\r\n", SIZES),
            new Difference("", "stat", "+OK 7 249\r\n", "+OK 7 274\r\n", SIZES),
            new Difference("", "STAT", "+OK 7 222\r\n", "+OK 6 246\r\n", "21: STAT leaves deleted ones out"),
            new Difference(
                    "", "LIST", "+OK \r\n1 59\r\n2 27\r\n3 30\r\n4 45\r\n5 0\r\n6 29\r\n7 59\r\n.\r\n", LISTING, SIZES),
            new Difference(
                    "",
                    "LIST",
                    "+OK \r\n1 59\r\n3 30\r\n4 45\r\n5 0\r\n6 29\r\n7 59\r\n.\r\n",
                    LISTING.replace("2 28\r\n", ""),
                    SIZES),
            new Difference(
                    "",
                    "LIST",
                    "+OK \r\n1 2\r\n2 2\r\n3 2\r\n4 2\r\n.\r\n",
                    "+OK \r\n1 3\r\n2 3\r\n3 3\r\n4 3\r\n.\r\n",
                    SIZES),
            new Difference("", "LIST 1", "+OK 1 59\r\n", "+OK 1 66\r\n", SIZES),
            new Difference("", "LIST 1x", "+OK 1 59\r\n", "-ERR syntax error\r\n", NUMBERS),
            new Difference("", "LIST 1 2", "+OK 1 59\r\n", "-ERR syntax error\r\n", NUMBERS),
            new Difference("", "LIST 18446744073709551617", "+OK 1 59\r\n", "-ERR not that many messages\r\n", NUMBERS),
            new Difference(
                    "pop3d: listing",
                    "UIDL",
                    "",
                    "+OK \r\n1 1700000001.101.h\r\n2 1700000002.103.h\r\n3 1700000003.101.h\r\n"
                            + "4 1700000003.102.h\r\n5 zzz\r\n6 1700000005.100.h\r\n7 big\r\n.\r\n",
                    ORDER),
            new Difference(
                    "pop3d: RETR errors",
                    "UIDL",
                    "",
                    "+OK \r\n1 1700000001.101.h\r\n3 1700000003.101.h\r\n"
                            + "4 1700000003.102.h\r\n5 zzz\r\n6 1700000005.100.h\r\n7 big\r\n.\r\n",
                    ORDER),
            new Difference("pop3d: equal mtimes", "UIDL", "", twentyInOrder(), ORDER),
            new Difference(
                    "pop3d: uid with strange chars",
                    "UIDL",
                    "",
                    // sha256sum of: a b<TAB>c; 90 times x; nothing
                    "+OK \r\n1 b314d97eee1b4917a59206191f4596618580e1c78605bedb10d90681ba719790\r\n2 u\r\n"
                            + "3 efdfd9ee977cb6d9f6ca31e1aa4e871df8ef7dad95eb483e9de3a311bacba40f\r\n4 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n.\r\n",
                    "21: a hash where longer than 70 or not printable"),
            new Difference("", "RETR 1", ONE + "\r\n.\r\n", ONE + ".\r\n", NO_BLANK),
            new Difference("pop3d: RETR 2", "RETR 2", "", "+OK \r\nno header separator at all\r\n.\r\n", NO_BLANK),
            new Difference(
                    "pop3d: message moved",
                    "RETR 3",
                    "-ERR unable to open that message\r\n",
                    BLANKS,
                    "ADR 0017: a moved message is found by its unique name"),
            new Difference("", "RETR 3", "", BLANKS, ORDER),
            new Difference("", "RETR 4", "", THREE, ORDER),
            new Difference("", "RETR 5", "", "+OK \r\n.\r\n", NO_BLANK),
            new Difference("", "RETR 6", "", "+OK \r\nSubject: five new\r\n\r\nbody five\r\n.\r\n", NO_BLANK),
            new Difference(
                    "",
                    "RETR 7",
                    "",
                    "+OK \r\nSubject: crlf\r\n\r\nhas CR LF already\r\nand \rbare\r CR\r\n"
                            + "\0nul \u00e3\u0081\u0082\r\n.\r\n",
                    "21: a CR LF in the file is sent once"),
            new Difference("", "TOP 4 0", "", "+OK \r\nSubject: three\r\nX: y\r\n\r\n.\r\n", ORDER),
            new Difference("", "TOP 4 1", "", "+OK \r\nSubject: three\r\nX: y\r\n\r\nl1\r\n.\r\n", ORDER),
            new Difference("", "TOP 4 2", "", "+OK \r\nSubject: three\r\nX: y\r\n\r\nl1\r\nl2\r\n.\r\n", ORDER),
            new Difference("", "TOP 4 99", "", THREE, ORDER),
            new Difference("", "TOP 4", "", "-ERR syntax error\r\n", COUNT),
            new Difference("", "TOP 4 x", "", "-ERR syntax error\r\n", COUNT),
            new Difference("", "TOP 4 -1", "", "-ERR syntax error\r\n", COUNT),
            new Difference("", "TOP 3 1", "", "+OK \r\nSubject: same mtime as three\r\n\r\n\r\n.\r\n", ORDER),
            new Difference("", "TOP 2 0", "", "+OK \r\nno header separator at all\r\n.\r\n", NO_BLANK),
            new Difference("", "TOP 6 0", "", "+OK \r\nSubject: five new\r\n\r\n.\r\n", NO_BLANK),
            new Difference(
                    "", "TOP 1 2", "", "+OK \r\nSubject: one cur seen\r\n\r\nline1\r\n..dotline\r\n.\r\n", NO_BLANK),
            new Difference("", "TOP 5 0", "", "+OK \r\n.\r\n", NO_BLANK),
            new Difference(
                    "pop3d: message vanishes",
                    "QUIT",
                    "-ERR unable to unlink all deleted messages\r\n+OK \r\n",
                    "-ERR unable to unlink all deleted messages\r\n",
                    "23: a failed unlink ends in -ERR alone"),
            new Difference(
                    "pop3d: pipelined",
                    "STAT\r\nLIST\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nQUIT",
                    "",
                    "+OK 7 274\r\n" + LISTING + ONE
                            + ".\r\n+OK \r\nno header separator at all\r\n.\r\n+OK \r\n+OK \r\n",
                    SIZES),
            new Difference(
                    "pop3d: LF only", "NOOP " + "x".repeat(100_000), "+OK \r\n", "-ERR line too long\r\n", LENGTH),
            new Difference("pop3d: RETR 3", MAILDIR, "", "1700000003.101.h", SEEN),
            new Difference("pop3d: RETR 4", MAILDIR, "", "1700000003.102.h", SEEN),
            new Difference("pop3d: RETR 6", MAILDIR, "", "1700000005.100.h", SEEN),
            new Difference("pop3d: RETR 7", MAILDIR, "", "big", SEEN),
            new Difference("pop3d: RETR does not set seen", MAILDIR, "", "1700000003.101.h", SEEN),
            new Difference("pop3d: LAST semantics", MAILDIR, "", "1700000003.101.h", SEEN),
            new Difference("pop3d: message moved", MAILDIR, "", "1700000003.102.h =1700000003.101.h", SEEN),
            new Difference("pop3d: DELE + QUIT removes", MAILDIR, "", SWAPPED, ORDER),
            new Difference("", MAILDIR, "", "", SEEN));

    private final Set<Difference> met = new HashSet<>();

    static List<TestingRecords.Case> cases() throws IOException {
        return TestingRecords.read("pop-netqmail-1.06.txt");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersAsRecordedButForTheDifferences(TestingRecords.Case recorded, @TempDir Path home) throws Exception {
        TestingPopRecords world = new TestingPopRecords(recorded.title(), home);
        world.prepare();
        List<String> before = world.listing();
        List<String> inputs =
                recorded.all("C").stream().map(PopRecordsTest::whole).toList();
        List<TestingDialogue.Turn> turns = new ArrayList<>();
        for (String input : inputs) {
            if (!input.equals("<EOF>")) {
                int piece = turns.size();
                turns.add(new TestingDialogue.Turn(input, () -> world.before(piece, input)));
            }
        }
        TestingDialogue dialogue = world.needsModes()
                ? TestingRights.ordinary(home, () -> new TestingDialogue(turns).play(popup(world)))
                : new TestingDialogue(turns).play(popup(world));
        world.restoreModes();

        List<String> expected = expectedReplies(world.title(), recorded, inputs);
        assertThat(masked(dialogue.replies())).isEqualTo(expected);
        boolean byClient = inputs.contains("<EOF>")
                || !difference(world.title(), CLOSED, "", "").isEmpty();
        assertThat(dialogue.sawEnd()).as("the client closes").isEqualTo(byClient);
        assertThat(world.listing()).isEqualTo(expectedMaildir(world.title(), before, recorded));
    }

    @AfterAll
    void everyDifferenceWasMet() {
        assertThat(DIFFERENCES).allMatch(met::contains);
    }

    private static TestingDialogue.Session popup(TestingPopRecords world) {
        List<String> argv = world.title().equals("popup without subprogram")
                ? List.of("qmail-popup", "hoge.example.com")
                : List.of("qmail-popup", "hoge.example.com", "checkpassword", "qmail-pop3d", "Maildir");
        Env env = Env.of(List.of(
                "PATH=/var/qmail/bin:/usr/local/bin:/usr/bin:/bin",
                "RELAY_CTRL_DIR=/var/qmail/relay-ctrl/spool",
                "RELAY_CTRL_DIR_FD=19999",
                "PROTO=TCP",
                "TCPLOCALIP=127.0.0.1",
                "TCPLOCALPORT=8130",
                "TCPREMOTEIP=127.0.0.77",
                "TCPREMOTEPORT=58143"));
        return connection -> new QmailPopup(world.chain(), (call, subprogram) -> true)
                .run(new Tool.Invocation(
                        new Args(argv),
                        env,
                        Path.of("/"),
                        new Identity(0, 0, List.of()),
                        new Descriptors(connection, line -> {}),
                        4711));
    }

    private List<String> expectedReplies(String title, TestingRecords.Case recorded, List<String> inputs) {
        List<String> replies = new ArrayList<>();
        List<String> said =
                recorded.all("S").stream().filter(s -> !s.equals("<closed>")).toList();
        replies.add(said.getFirst().replaceFirst("\\+OK <.*@hoge.example.com>", "+OK <>"));
        for (int i = 1; i < said.size(); i++) {
            String input = inputs.get(i - 1);
            if (!input.equals("<EOF>")) {
                String reply = said.get(i);
                replies.add(difference(title, input.stripTrailing(), reply, reply));
            }
        }
        return replies;
    }

    private String difference(String title, String input, String recorded, String otherwise) {
        for (Difference d : DIFFERENCES) {
            if (d.concerns(title, input, recorded)) {
                met.add(d);
                return d.ours;
            }
        }
        return otherwise;
    }

    private static List<String> masked(List<String> replies) {
        List<String> masked = new ArrayList<>(replies);
        masked.set(0, GREETING.matcher(replies.getFirst()).replaceFirst("+OK <>\r\n"));
        return masked;
    }

    /** The record's listing, with each message that the original moved to cur unread left in new. */
    private List<String> expectedMaildir(String title, List<String> before, TestingRecords.Case recorded) {
        List<String> expected = new ArrayList<>();
        Matcher entries = Pattern.compile("['\"]((?:new|cur|tmp)/.*?) size=(\\d+) mtime=\\+\\d+['\"]")
                .matcher(recorded.all("MAILDIR after").getFirst());
        String retrieved = " " + difference(title, MAILDIR, "", "") + " ";
        while (entries.find()) {
            String name = TestingRecords.unquote('"' + entries.group(1) + '"');
            String base = name.substring(4).replaceFirst(":.*", "");
            boolean wasNew = before.stream().anyMatch(b -> b.startsWith("new/" + base + " "));
            if (wasNew && name.startsWith("cur/") && !retrieved.contains(" =" + base + " ")) {
                name = retrieved.contains(" " + base + " ") ? "cur/" + base + ":2,S" : "new/" + base;
            }
            String entry = name.equals("new/dir") ? name : name + " size=" + entries.group(2);
            expected.add(
                    retrieved.contains(SWAPPED)
                            ? entry.replace("1700000003.101.h size=45", "1700000003.102.h size=30")
                            : entry);
        }
        return expected.stream().sorted().toList();
    }

    /** A line of the record with what was left out: the octet before the gap, repeated. */
    private static String whole(String input) {
        Matcher elided = ELIDED.matcher(input);
        if (!elided.matches()) {
            return input;
        }
        String start = elided.group(1);
        int octets = Integer.parseInt(elided.group(2));
        return start + start.substring(start.length() - 1).repeat(octets - 2 - start.length()) + "\r\n";
    }

    private static String twentyInOrder() {
        StringBuilder reply = new StringBuilder("+OK \r\n");
        for (int i = 0; i < 20; i++) {
            reply.append("%d m%02d\r\n".formatted(i + 1, i));
        }
        return reply + ".\r\n";
    }
}
