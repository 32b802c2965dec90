import { type Answer, useAnswer } from "../api/useAnswer";
import { api, type Config } from "../api/client";

export function useConfig(): Answer<Config> {
  return useAnswer("config", api.config);
}
