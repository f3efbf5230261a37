package io.lockstep.cli.process;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * What a process does when it is asked to end. The JDK offers this in {@code sun.misc} alone, which
 * the compiler warns of whoever names it: it is named here, at run time.
 */
public final class Signals {

  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  private Signals() {}

  /** Hears of a signal, on a thread of its own. */
  @FunctionalInterface
  public interface Handler {
    /**
     * The signal has come.
     *
     * @param number of the signal: 15 for SIGTERM
     */
    void received(String name, int number);
  }

  /** Lets {@code handler} hear of a signal instead of ending the process. */
  public static void handle(String name, Handler handler) {
    try {
      Class<?> handlerType = Class.forName(HANDLER);
      install(
          name,
          Proxy.newProxyInstance(
              handlerType.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                if (method.getDeclaringClass() == Object.class) {
                  return method.invoke(handler, arguments);
                }
                handler.received(name, number(arguments[0]));
                return null;
              }));
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("this JDK has no " + SIGNAL, error);
    }
  }

  /** Lets a signal pass without an effect. */
  public static void ignore(String name) {
    try {
      install(name, Class.forName(HANDLER).getField("SIG_IGN").get(null));
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("this JDK has no " + SIGNAL, error);
    }
  }

  private static void install(String name, Object handler) throws ReflectiveOperationException {
    Class<?> type = Class.forName(SIGNAL);
    Method handle = type.getMethod("handle", type, Class.forName(HANDLER));
    handle.invoke(null, type.getConstructor(String.class).newInstance(name), handler);
  }

  private static int number(Object signal)
      throws NoSuchMethodException, InvocationTargetException, IllegalAccessException {
    return (Integer) signal.getClass().getMethod("getNumber").invoke(signal);
  }
}
