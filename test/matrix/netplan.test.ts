import { tellStory } from './story.ts';

tellStory('netplan');
