package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.mail.DsnRcpt;
import org.postern.queue.MessageName;

class LaneTest {
    private static Work work(String domain) {
        return new Work(null, 0, new Route.Remote("a@" + domain, domain), DsnRcpt.NONE);
    }

    private static void add(Lane lane, String domain, int count) {
        for (int i = 0; i < count; i++) {
            lane.add(work(domain));
        }
    }

    private static List<String> start(Lane lane) {
        List<String> started = new ArrayList<>();
        for (Work w = lane.start(); w != null; w = lane.start()) {
            started.add(((Route.Remote) w.route()).domain());
        }
        return started;
    }

    @Test
    void oneDestinationGetsHalfAndTheNextHalfOfTheRest() {
        Lane lane = new Lane(20);
        add(lane, "a", 50);
        assertThat(start(lane)).hasSize(10);
        add(lane, "b", 50);
        assertThat(start(lane)).hasSize(5).containsOnly("b");
        add(lane, "c", 50);
        assertThat(start(lane)).hasSize(3).containsOnly("c");
        assertThat(lane.active()).isEqualTo(18);
        assertThat(lane.waiting()).isEqualTo(132);
    }

    @Test
    void destinationsTakeTurns() {
        Lane lane = new Lane(7);
        add(lane, "a", 5);
        add(lane, "b", 5);
        add(lane, "c", 5);
        assertThat(start(lane)).containsExactly("a", "b", "c", "a", "b", "c");
    }

    @Test
    void whatEndsMakesRoom() {
        Lane lane = new Lane(2);
        add(lane, "a", 3);
        assertThat(start(lane)).hasSize(1);
        assertThat(start(lane)).isEmpty();
        lane.ended(work("a"));
        assertThat(start(lane)).hasSize(1);
    }

    @Test
    void evenALimitOfOneDelivers() {
        Lane lane = new Lane(1);
        add(lane, "a", 1);
        assertThat(start(lane)).containsExactly("a");
        assertThat(start(new Lane(0))).isEmpty();
    }

    @Test
    void messagesAreParkedBehindWhatIsEnoughAndComeBackWhenItIsLittle() {
        Lane lane = new Lane(100);
        Destination.Key a = work("a").key();
        add(lane, "a", Lane.ENOUGH - 1);
        assertThat(lane.mustPark(a)).isFalse();
        add(lane, "a", 1);
        assertThat(lane.hasEnough(a)).isTrue();
        Entry first = new Entry(MessageName.parse("1-0000000000000001").orElseThrow(), false, Instant.EPOCH);
        Entry second = new Entry(MessageName.parse("2-0000000000000001").orElseThrow(), false, Instant.EPOCH);
        lane.park(first, a);
        lane.park(second, a);
        assertThat(lane.unpark()).isNull();
        for (int i = 0; i < Lane.ENOUGH - Lane.FEW + 1; i++) {
            lane.ended(lane.start());
        }
        assertThat(lane.mustPark(a)).isTrue();
        assertThat(lane.hasEnough(a)).isFalse();
        assertThat(lane.unpark()).isSameAs(first);
        assertThat(lane.unpark()).isSameAs(second);
        assertThat(lane.unpark()).isNull();
        assertThat(lane.mustPark(a)).isFalse();
    }

    @Test
    void aFullLaneParksWhateverItIsToDoAndGivesNothingBack() {
        Lane lane = new Lane(100);
        Destination.Key a = work("a").key();
        Entry entry = new Entry(MessageName.parse("1-0000000000000001").orElseThrow(), false, Instant.EPOCH);
        lane.addEnvelope(Lane.MAX_ENVELOPES);
        assertThat(lane.isFull()).isTrue();
        assertThat(lane.mustPark(a)).isTrue();
        lane.park(entry, a);
        assertThat(lane.unpark()).isNull();
        lane.addEnvelope(-1);
        assertThat(lane.isFull()).isFalse();
        assertThat(lane.unpark()).isSameAs(entry);
        add(lane, "b", Lane.MAX_WAITING);
        assertThat(lane.mustPark(a)).isTrue();
    }
}
