package io.lockstep.collective.nccl;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Libraries that differ from another one in a single function. */
final class Libraries {

  private Libraries() {}

  static NcclRuntime ofVersion(NcclRuntime runtime, int version) {
    NcclLibrary other =
        (NcclLibrary)
            Proxy.newProxyInstance(
                NcclLibrary.class.getClassLoader(),
                new Class<?>[] {NcclLibrary.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("version")) {
                    return version;
                  }
                  try {
                    return method.invoke(runtime.nccl(), arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause() == null ? e : e.getCause();
                  }
                });
    return new NcclRuntime(other, runtime.cuda(), runtime.device(), runtime.currentStream());
  }
}
