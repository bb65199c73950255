import { machines } from './machines.ts';
import { tellStory } from './story.ts';

tellStory(machines.bookwormNetplan);
