package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.control.Answer;
import org.postern.control.ControlServer;
import org.postern.control.Handler;
import org.postern.control.Request;
import org.postern.file.Disk;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.Selection;
import org.postern.queue.TestingQueue;

/** postern queue: command lines that are accepted and refused, through the socket and on the files. */
class QueueCommandTest {
    @TempDir
    private Path scratch;

    private Path queue;

    @BeforeEach
    void twoMessages() throws IOException {
        queue = scratch.resolve("q");
        Files.createFile(scratch.resolve("postern"));
        try (Queue open = new TestingQueue(queue, Disk.real()).open()) {
            TestingQueue.submit(
                    open.intake(Origin.LOCAL),
                    "Subject: \u001b[2J t\n\nbody\n",
                    "ann@x.example",
                    "b@far.example",
                    "c@far.example");
            TestingQueue.submit(open.intake(Origin.LOCAL), "t\n", "", "d\n\u00c3\u00a9@near.example");
        }
    }

    private TestingCommand.Left run(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of("queue"));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--queue", queue.toString()));
        return TestingCommand.postern(scratch.resolve("postern"), line.toArray(String[]::new));
    }

    private List<String> messages() throws IOException {
        return run("list", "--json")
                .stdout()
                .lines()
                .map(line -> line.replaceAll(".*\"sender\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    @Test
    void theTableIsForPeople() throws IOException {
        assertThat(run("list").stdout())
                .matches("id .*\n"
                        + "[0-9]{16} .*  due        <ann@x.example>, b@far.example and 1 more\n"
                        + "[0-9]{16} .*  due        <>, d___@near.example\n"
                        + "2 messages\n");
        assertThat(run("list", "--destination", "none.example").stdout()).isEqualTo("0 messages\n");
    }

    @Test
    void jsonIsForMachines() throws IOException {
        TestingCommand.Left left = run("list", "--json", "--sender", "<>");
        assertThat(left.code()).isZero();
        assertThat(left.stdout())
                .matches(
                        "\\{\"id\":[0-9]{16},\"qp\":[0-9]{16},\"file\":\"[0-9a-f-]+\",\"queued\":\"[^\"]+Z\",\"size\":[0-9]+,"
                                + "\"uid\":[0-9]+,\"bounce\":false,\"failures\":false,\"state\":\"waiting\",\"due\":\"[^\"]+Z\","
                                + "\"sender\":\"\",\"recipients\":\\[\\{\"address\":\"d\\\\n\u00e9@near.example\",\"finished\":false}]}\n");
        assertThat(run("list", "--json", "--sender", "nobody").stdout()).isEmpty();
    }

    @Test
    void showHasAllButNothingForTheTerminalToDo() throws IOException {
        assertThat(run("show", "--sender", "ann@*").stdout())
                .contains("sender     <ann@x.example>\nto         b@far.example\nto         c@far.example\n")
                .contains("header     Subject: _[2J t\n")
                .endsWith("1 message\n");
        TestingCommand.Left none = run("show", "12345");
        assertThat(none.stderr()).isEqualTo("no message of the queue matches\n");
    }

    @Test
    void whatIsDoneIsCounted() throws IOException {
        assertThat(run("hold", "--all").stdout()).isEqualTo("2 messages held\n");
        assertThat(run("retry", "--all").stdout())
                .isEqualTo("0 messages will be tried at once, when the queue is sent from again\n"
                        + "2 more are held, and not tried: release them\n");
        assertThat(run("release", "--sender", "<>").stdout()).startsWith("1 message released");
        assertThat(run("list").stdout()).contains(" held ").endsWith("2 messages, 1 held\n");
        assertThat(run("drop", "--recipient", "b@*").stdout())
                .isEqualTo(
                        "1 message dropped; nobody is told (recipients: 1)\n1 of them go on to the other recipients\n");
        assertThat(run("drop", "--sender", "ann@*", "--bounce", "--json").stdout())
                .isEqualTo("{\"did\":\"drop --bounce\",\"messages\":1,\"recipients\":1,\"partly\":0,\"under_way\":0,"
                        + "\"held\":0,\"running\":false}\n");
        assertThat(run("drop", "--all").stdout()).contains("dropped; nobody is told");
        assertThat(messages()).isEmpty();
    }

    @Test
    void whatDestroysNeedsToBeToldWhat() throws IOException {
        for (String verb : List.of("drop", "hold", "release", "retry", "show")) {
            TestingCommand.Left left = run(verb);
            assertThat(left.code()).isEqualTo(100);
            assertThat(left.stderr())
                    .startsWith("postern queue " + verb + ": say which: by ID, --sender, --recipient,");
        }
        assertThat(run("drop", "--all", "--sender", "x").code()).isEqualTo(100);
        assertThat(run("drop", "--everything").code()).isEqualTo(100);
        assertThat(run("list", "--bounce").code()).isEqualTo(100);
        assertThat(messages()).hasSize(2);
    }

    @Test
    void whatIsNoQueueIsRefusedAndNotMadeOne() throws IOException {
        queue = scratch.resolve("other");
        TestingCommand.Left left = run("drop", "--all");
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stderr())
                .isEqualTo("postern queue drop: fatal: " + queue + " (--queue) is no queue of Postern\n");
        assertThat(queue).doesNotExist();
    }

    @Test
    void aQueueThatIsHeldIsAskedOfItsHolder() throws IOException {
        List<Request> asked = new ArrayList<>();
        Handler handler = (Request request, Answer answer) -> {
            asked.add(request);
            answer.out().write("said\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            answer.error("and this");
            return 3;
        };
        try (ControlServer _ = ControlServer.start(queue, handler, line -> {})) {
            TestingCommand.Left left = run("drop", "1", "2", "--destination", "*.example", "--bounce");
            assertThat(left).isEqualTo(new TestingCommand.Left(3, "said\n", "and this\n"));
        }
        assertThat(asked)
                .containsExactly(new Request.QueueDrop(
                        Selection.of(List.of("1", "2"), List.of(), List.of(), List.of("*.example")),
                        true,
                        Request.Form.TABLE));
    }

    @Test
    void aQueueThatSomebodyHoldsWithoutASocketIsNotTouched() throws IOException {
        try (Queue _ = new TestingQueue(queue, Disk.real()).open()) {
            TestingCommand.Left left = run("hold", "--all");
            assertThat(left.code()).isEqualTo(111);
            assertThat(left.stderr())
                    .contains("in use by process " + ProcessHandle.current().pid());
            assertThat(messages()).hasSize(2);
        }
    }
}
