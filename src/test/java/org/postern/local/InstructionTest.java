package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InstructionTest {
    @Test
    void everyKindOfLine() {
        assertThat(Instruction.parse("# c\n\n./M/ \t\n/abs/M/\n./Mailbox\n|cmd a  \n&a@b\nc@d\n+list\n+x\n-x\n&"))
                .containsExactly(
                        new Instruction.Nothing(),
                        new Instruction.Nothing(),
                        new Instruction.Maildir("./M/"),
                        new Instruction.Maildir("/abs/M/"),
                        new Instruction.Mbox("./Mailbox"),
                        new Instruction.Program("cmd a"),
                        new Instruction.Forward("a@b"),
                        new Instruction.Forward("c@d"),
                        new Instruction.ForwardsOnly(),
                        new Instruction.Nothing(),
                        new Instruction.Forward("-x"),
                        new Instruction.Forward(""));
    }

    @Test
    void aBlankFirstLineIsNoEmptyLine() {
        assertThat(Instruction.parse("  \n./M/\n").getFirst()).isEqualTo(new Instruction.BlankFirst());
        assertThat(Instruction.parse("")).containsExactly(new Instruction.BlankFirst());
        assertThat(Instruction.parse("\n")).containsExactly(new Instruction.BlankFirst());
        assertThat(Instruction.parse("./M/")).containsExactly(new Instruction.Maildir("./M/"));
        assertThat(Instruction.parse("./M/\0junk\n")).containsExactly(new Instruction.Maildir("./M/"));
    }
}
