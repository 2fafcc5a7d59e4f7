package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvTest {
    @Test
    void firstOfTwoWithOneNameCountsAsForGetenv() {
        assertThat(Env.of(List.of("A=1", "A=2")).get("A")).isEqualTo("1");
    }

    @Test
    void valueIsAllBehindTheFirstEqualsSign() {
        Env env = Env.of(List.of("A=b=c", "EMPTY=", "no variable", "=x"));
        assertThat(env.get("A")).isEqualTo("b=c");
        assertThat(env.find("EMPTY")).contains("");
        assertThat(env.has("no variable")).isFalse();
        assertThat(env.get("")).isEqualTo("x");
    }

    @Test
    void unsetIsToldFromEmpty() {
        assertThat(Env.empty().get("A")).isNull();
        assertThat(Env.empty().find("A")).isEmpty();
        assertThat(Env.empty().with("A", "").has("A")).isTrue();
    }

    @Test
    void orderAndOctetsAreKept() {
        List<String> entries = List.of("Z=\u00e9", "A=1", "M=\u00ff\n");
        assertThat(Env.of(entries).entries()).isEqualTo(entries);
        assertThat(Env.of(entries).with("A", "2").entries()).containsExactly("Z=\u00e9", "A=2", "M=\u00ff\n");
        assertThat(Env.of(entries).without("A").with("A", "3").entries())
                .containsExactly("Z=\u00e9", "M=\u00ff\n", "A=3");
    }

    @Test
    void changesLeaveTheOriginalAsItWas() {
        Env env = Env.of(List.of("A=1", "B=2"));
        Map<String, String> changes = new HashMap<>();
        changes.put("A", null);
        changes.put("C", "3");
        assertThat(env.withAll(changes).entries()).containsExactly("B=2", "C=3");
        assertThat(env.without("A").entries()).containsExactly("B=2");
        assertThat(env.without("nothing")).isSameAs(env);
        assertThat(env.entries()).containsExactly("A=1", "B=2");
    }

    @Test
    void equalWhereTheVariablesAre() {
        assertThat(Env.of(List.of("A=1", "B=2"))).isEqualTo(Env.of(List.of("B=2", "A=1")));
        assertThat(Env.of(List.of("A=1"))).hasSameHashCodeAs(Env.empty().with("A", "1"));
        assertThat(Env.of(List.of("A=1"))).isNotEqualTo(Env.of(List.of("A=2")));
    }

    @Test
    void commandLineHasAtLeastTheProgram() {
        assertThatThrownBy(() -> new Args(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThat(Args.of("p").arguments()).isEmpty();
        assertThat(Args.of("p", "a", "").program()).isEqualTo("p");
        assertThat(Args.of("p", "a", "").arguments()).containsExactly("a", "");
    }
}
