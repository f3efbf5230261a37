package io.lockstep.proto.contract;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Programs that were built for the last release can talk to those of today. */
class ReleasedContractTest {

  private static final String OURS = "lockstep.";

  private static FileDescriptorSet read(String resource) throws IOException {
    try (InputStream in = ReleasedContractTest.class.getResourceAsStream(resource)) {
      return FileDescriptorSet.parseFrom(Objects.requireNonNull(in, resource));
    }
  }

  @Test
  void todaysProtoFilesBreakNothingThatWasReleased() throws IOException {
    FileDescriptorSet released = read("/contract/released.dsc");
    assertFalse(Declarations.of(released, OURS).methods().isEmpty());
    List<Breach> breaches =
        ContractRules.breaches(released, read("/META-INF/armeria/grpc/lockstep.dsc"), OURS);
    assertTrue(
        breaches.isEmpty(),
        () -> breaches.stream().map(Breach::toString).collect(Collectors.joining("\n", "\n", "")));
  }
}
