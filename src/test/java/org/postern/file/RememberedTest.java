package org.postern.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a remembered value is made anew. */
class RememberedTest {
    @TempDir
    Path directory;

    private Path file;
    private int made;

    private final Remembered<String> remembered = new Remembered<>(reads -> {
        made++;
        reads.file(file);
        return Files.exists(file) ? Files.readString(file) : "nothing";
    });

    @BeforeEach
    void name() {
        file = directory.resolve("file");
    }

    private void settle() throws IOException {
        TestingFileAge.settle(file);
    }

    @Test
    void whatHasNotChangedIsMadeOnce() throws Exception {
        Files.writeString(file, "one");
        settle();
        for (int i = 0; i < 3; i++) {
            assertThat(remembered.get()).isEqualTo("one");
        }
        assertThat(made).isEqualTo(1);
    }

    @Test
    void aChangeInPlaceOfTheSameSizeIsSeen() throws Exception {
        Files.writeString(file, "one");
        settle();
        assertThat(remembered.get()).isEqualTo("one");
        FileTime before = Files.getLastModifiedTime(file);
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, before);
        assertThat(remembered.get()).isEqualTo("two");
    }

    @Test
    void aFileRenamedOverItIsSeen() throws Exception {
        Files.writeString(file, "one");
        settle();
        assertThat(remembered.get()).isEqualTo("one");
        Path other = Files.writeString(directory.resolve("other"), "two");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
        assertThat(remembered.get()).isEqualTo("two");
    }

    @Test
    void whatChangedAMomentAgoIsNotKept() throws Exception {
        Files.writeString(file, "one");
        assertThat(remembered.get()).isEqualTo("one");
        assertThat(remembered.get()).isEqualTo("one");
        assertThat(made).isEqualTo(2);
    }

    @Test
    void aMissingFileIsRememberedAsMissing() throws Exception {
        TestingFileAge.settle(directory);
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(made).isEqualTo(1);
        Files.writeString(file, "one");
        assertThat(remembered.get()).isEqualTo("one");
        settle();
        assertThat(remembered.get()).isEqualTo("one");
        Files.delete(file);
        assertThat(remembered.get()).isEqualTo("nothing");
    }

    @Test
    void aFileThatAppearsInsideATickOfItsDirectorysLastChangeIsSeen() throws Exception {
        assertThat(remembered.get()).isEqualTo("nothing");
        Files.writeString(file, "one");
        assertThat(remembered.get()).isEqualTo("one");
    }

    @Test
    void aLinkToNowhereLeadsSomewhereAsSoonAsThereIsAFile() throws Exception {
        Path target = Files.createDirectory(directory.resolve("elsewhere")).resolve("target");
        Files.createSymbolicLink(file, target);
        TestingFileAge.settle(directory);
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(made).isEqualTo(1);
        Files.writeString(target, "one");
        assertThat(remembered.get()).isEqualTo("one");
    }

    @Test
    void aDirectoryThatIsMadeLaterIsSeen() throws Exception {
        file = directory.resolve("later/file");
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(remembered.get()).isEqualTo("nothing");
        assertThat(made).isEqualTo(1);
        Files.createDirectory(file.getParent());
        Files.writeString(file, "one");
        assertThat(remembered.get()).isEqualTo("one");
    }

    @Test
    void aChangeWhileItIsReadIsSeenTheNextTime() throws Exception {
        Files.writeString(file, "one");
        settle();
        Remembered<String> interrupted = new Remembered<>(reads -> {
            reads.file(file);
            String text = Files.readString(file);
            if (text.equals("one")) {
                Files.writeString(file, "two");
            }
            return text;
        });
        assertThat(interrupted.get()).isEqualTo("one");
        assertThat(interrupted.get()).isEqualTo("two");
    }

    @Test
    void aFailureIsNotKept() throws IOException {
        Remembered<String> failing = new Remembered<>(reads -> {
            reads.file(file);
            return Files.readString(file);
        });
        assertThatThrownBy(failing::get).isInstanceOf(NoSuchFileException.class);
        Files.writeString(file, "one");
        assertThat(failing.get()).isEqualTo("one");
    }
}
